// Runs a job, or watches one, from the calling thread, and calls a view. The end of a job is the
// same for all views.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// Runs the job to its end and returns the exit code. An error means that the hub did not accept the
// job. With -v, nodes on which a data function failed are noted. If the connection breaks and the
// job is durable, the job is followed again from the last cursor, for the time that --reconnect
// gives. `named`: the caller named every node.
absl::StatusOr<int> RunJob(Context* context, const v1::JobSpec& spec, bool named, JobView* view);
// The same for an existing job, from its beginning. `spec` is the spec with which the job was
// started.
absl::StatusOr<int> WatchJob(Context* context, const std::string& job_id, const v1::JobSpec& spec, JobView* view);

}  // namespace orch::cli
