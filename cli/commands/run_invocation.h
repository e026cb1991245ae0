// Sends the action of a command and shows the answers; all commands that run an action share it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"

namespace orch::cli {

// Asks for confirmation before all nodes are changed, and then runs the job on the targets that
// have the plugin. `what` names the action in the question. `human_view` shows the answers unless
// the options choose another format. Returns the exit code.
absl::StatusOr<int> RunInvocation(Context* context, const Invocation& invocation, const Targets& targets,
                                  const std::string& what, JobView* human_view);

}  // namespace orch::cli
