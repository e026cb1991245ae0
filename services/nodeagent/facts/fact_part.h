// What one source of facts gave, and the rules all sources share: the last good value is kept when
// a source fails, and is then marked stale. Any thread; no state.
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
  std::shared_ptr<const Json> facts;  // null: none yet
  std::string problem;                // empty: fresh; else why `facts` are the last good ones
};

// Takes a new result into `part`: a failure keeps the facts and says so.
void Absorb(absl::StatusOr<Json> result, FactPart* part);

// Runs `argv` and parses what it prints. The error says how it ended.
absl::StatusOr<Json> RunFactProgram(const std::vector<std::string>& argv, absl::Duration timeout,
                                    const CancelToken* cancel, const Clock& clock);

}  // namespace orch::nodeagent
