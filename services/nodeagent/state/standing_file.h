// What the hub has said of this node last: its labels and collectives. Kept in a file of the state folder, so that it
// holds again after a restart, before the hub speaks. An older message never replaces a newer one. Owned by Agent; used
// on the loop only. Verifies nothing: it gets what the gate has verified.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

struct Standing {
  std::map<std::string, std::string> labels;
  std::vector<std::string> collectives;
  bool operator==(const Standing&) const = default;
};

class StandingFile {
 public:
  static constexpr size_t kMaxBytes = 1u << 20;
  // A time that is remembered and lies further ahead than this was set by a clock that was wrong: it orders nothing.
  static constexpr absl::Duration kAhead = absl::Minutes(5);

  // `path`: empty in tests; then nothing survives the agent.
  StandingFile(std::string path, const Clock* clock) : path_(std::move(path)), clock_(clock) {}

  // Reads the file, if there is one. An error tells what is wrong with it; then there is no standing until the hub has
  // sent one.
  absl::Status Load();
  // Takes a message that the hub issued at this time, in microseconds since 1970. True when it says something new. What
  // cannot be written is in force all the same; the error is logged.
  bool Take(const v1::NodeStanding& message, int64_t issued_at_us);
  // Null before the hub has ever said anything.
  std::shared_ptr<const Standing> now() const { return now_; }

 private:
  absl::Status Write() const;

  const std::string path_;
  const Clock* const clock_;
  std::shared_ptr<const Standing> now_;
  int64_t issued_at_us_ = 0;
};

}  // namespace orch::nodeagent
