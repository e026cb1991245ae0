// The views for programs: --json, --json=array, --jsonl, --table, --senders. docs/CLI.md describes
// their forms; field names are those of Choria and MCollective.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"

namespace orch::cli {

// Makes the view for the format of the options; returns null for the human format.
absl::StatusOr<std::unique_ptr<JobView>> MakeMachineView(Context* context, const JobSubject& subject);

}  // namespace orch::cli
