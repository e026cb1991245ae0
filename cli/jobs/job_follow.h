// Keeps a job's stream: when it breaks, connects again and goes on at the cursor.
#pragma once

#include "cli/jobs/job_run.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// Until the job's end, an interrupt, or an error that trying again does not mend. `spec`: asked for
// first; null: the run has its job id already. A job that is not durable is not followed again
// over a break. A hub that stops sending because this client reads too slowly is asked for the rest at once, as long
// as it keeps the job; before acceptance only a request with an idempotency key is sent again.
StreamEnd FollowJob(Context* context, JobRun* run, const v1::JobSpec* spec);

}  // namespace orch::cli
