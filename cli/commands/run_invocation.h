// How every command that runs an action sends it and shows the answers.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"

namespace orch::cli {

// Asks before all nodes are changed, then runs the job on the targets (the hub takes those that have the plugin).
// `what` names the action in the question. `human_view` shows the answers unless the options ask for another form.
// Returns the exit code.
absl::StatusOr<int> RunInvocation(Context* context, const Invocation& invocation, const Targets& targets,
                                  const std::string& what, JobView* human_view);

}  // namespace orch::cli
