// How a running job looks from outside: to its client, to the store, in lists and to those who watch its progress.
// Changes nothing. On the hub's loop.
#pragma once

#include <cstddef>

#include "orch/v1/job.pb.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/job_store/stored_job.h"
#include "services/hub/jobs/run/run_state.h"

namespace orch::hub {

v1::JobState StateOf(const Rollout& rollout);
v1::JobAccepted DescribeAcceptance(const RunState& state);
// The job as the store takes it when it is accepted.
StoredJob MakeStoredJob(const RunState& state);
v1::Job DescribeJob(const RunState& state);
v1::JobSummary Summarise(const RunState& state);
// Tasks that were sent and have no outcome, at most `limit`.
void ListOpenTasks(const RunState& state, size_t limit, v1::GetJobResponse* response);
// Tells the watchers where the task stands, if the client asked for progress.
void TellProgress(RunState* state, size_t task);

}  // namespace orch::hub
