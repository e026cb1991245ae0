// Views for programs: --json, --json=array, --jsonl, --table, --senders. Shapes in docs (CLI
// output); field names as Choria's and MCollective's.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"

namespace orch::cli {

// Null when the human form is asked for.
absl::StatusOr<std::unique_ptr<JobView>> MakeMachineView(Context* context, const JobSubject& subject);

}  // namespace orch::cli
