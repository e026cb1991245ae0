// Bounds a log in lines: of each message so many in a window of time, whatever a fleet or a stranger
// does. What is left out is counted and said. Not thread-safe.
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

  // Lines were left out: `count` of this message; 0: from now on they are, until the window ends.
  struct LeftOut {
    std::string message;
    uint64_t count = 0;
  };

  // Whether a line of this message is written. `now` never runs backwards. What has to be said about
  // lines that were left out is appended.
  bool Allow(absl::string_view message, absl::Duration now, std::vector<LeftOut>* said);

 private:
  void EndWindow(std::vector<LeftOut>* said);

  absl::Duration window_end_ = -absl::InfiniteDuration();
  absl::flat_hash_map<std::string, uint64_t> lines_;  // in this window, written or not
};

}  // namespace orch
