// How a running job looks from outside: to its client, to the store, in lists and to those who watch its progress.
// Changes nothing. On the hub's loop.
#pragma once

#include <cstddef>

#include "orch/v1/job.pb.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/job_store/stored_job.h"
#include "services/hub/jobs/run/job_state.h"

namespace orch::hub {

v1::JobAccepted DescribeAcceptance(const JobState& state);
// The job as the store takes it when it is accepted.
StoredJob MakeStoredJob(const JobState& state);
v1::Job DescribeJob(const JobState& state);
v1::JobSummary Summarise(const JobState& state);
// Tasks that were sent and have no outcome, at most `limit`.
void ListOpenTasks(const JobState& state, size_t limit, v1::GetJobResponse* response);
// Tells the watchers where the task stands, if the client asked for progress.
void TellProgress(JobState* state, size_t task);

}  // namespace orch::hub
