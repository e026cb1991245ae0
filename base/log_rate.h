// Limits the number of lines that a log writes of each message in a window of time, and counts the lines it leaves out.
// log.cc owns it. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch {

class LogRate {
 public:
  static constexpr uint32_t kMostLines = 200;  // of one message in a window
  static constexpr absl::Duration kWindow = absl::Seconds(10);
  static constexpr size_t kMaxMessages = 256;  // further ones share one bound

  // A notice about lines of one message: `count` lines were left out; 0 means that lines are left out from now on,
  // until the window ends.
  struct LeftOut {
    std::string message;
    uint64_t count = 0;
  };

  // Whether a line of this message may be written. Appends to `said` the notices that are due. `now` must not run
  // backwards.
  bool Allow(absl::string_view message, absl::Duration now, std::vector<LeftOut>* said);

 private:
  void EndWindow(std::vector<LeftOut>* said);

  absl::Duration window_end_ = -absl::InfiniteDuration();
  absl::flat_hash_map<std::string, uint64_t> lines_;  // by message, in this window, written or not
};

}  // namespace orch
