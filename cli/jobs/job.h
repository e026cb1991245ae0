// Runs one job, or watches one, and tells a view. How a job ends is the same for all views.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// Runs the job to its end and returns the exit code; the view has then seen everything. With -v it
// says where a data function failed. An error is one of before acceptance. When the connection breaks
// and the job is durable, it is followed again from where it was seen last, as long as --reconnect says.
absl::StatusOr<int> RunJob(Context* context, const v1::JobSpec& spec, bool named, JobView* view);
// The same for a job that is there already, from its beginning. `spec`: what it was asked for.
absl::StatusOr<int> WatchJob(Context* context, const std::string& job_id, const v1::JobSpec& spec, JobView* view);

}  // namespace orch::cli
