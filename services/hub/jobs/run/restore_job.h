// Puts a job back to where a previous hub process left it. On the hub's loop, before the job's first event.
#pragma once

#include "services/hub/job_store/job_store.h"
#include "services/hub/jobs/run/run_state.h"

namespace orch::hub {

void RestoreJob(const UnfinishedJob& stored, RunState* state);

}  // namespace orch::hub
