// The facts of one source, and the rule that all sources share: if a source fails, its last good facts are kept and
// marked as stale. Any thread; no state.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process/cancel_token.h"

namespace orch::nodeagent {

struct FactPart {
  std::string source;                 // for messages: "facter", "/etc/orch/facts.d/site.yaml"
  std::shared_ptr<const Json> facts;  // null before the first success
  std::string problem;                // empty if fresh; else why `facts` are the last good ones
};

// Stores a new result in `part`. A failure keeps the facts and sets the problem.
void Absorb(absl::StatusOr<Json> result, FactPart* part);

// Runs `argv` and parses what the program prints. The error says how the program ended.
absl::StatusOr<Json> RunFactProgram(const std::vector<std::string>& argv, absl::Duration timeout,
                                    const CancelToken* cancel, const Clock& clock);

}  // namespace orch::nodeagent
