// Follows a job across streams: after a break it connects again and continues at the cursor.
#pragma once

#include "cli/jobs/job_run.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// Follows the job until its end, an interrupt, or an error that a retry cannot cure; blocks until
// then. If `spec` is not null, the request is sent first; otherwise `run` has a job id already.
// After a break only a durable job is followed again, and an unaccepted request is repeated only if
// it has an idempotency key. If the hub stopped sending because this client reads too slowly, the
// rest is fetched at once, provided that the hub stores the job.
StreamEnd FollowJob(Context* context, JobRun* run, const v1::JobSpec* spec);

}  // namespace orch::cli
