// What the parts of a run share: the job, its tasks, its rollout, and everybody who is told of it. Each part changes
// only what its own header names. On the hub's loop; owned by JobRun.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "services/hub/job_store/job_store.h"
#include "services/hub/jobs/run/job_feed.h"
#include "services/hub/jobs/run/job_ledger.h"
#include "services/hub/jobs/run/job_request.h"
#include "services/hub/jobs/run/return_list.h"
#include "services/hub/jobs/run/rollout.h"
#include "services/hub/jobs/run/task_table.h"
#include "services/hub/nodes/node_directory.h"

namespace orch::hub {

struct JobCounters {
  uint64_t jobs = 0;
  uint64_t replies = 0;     // taken from nodes
  uint64_t unexpected = 0;  // updates dropped: late, repeated, for no running job or no target
};

// How long a restarted hub waits for nodes at least: longer than their longest pause before they try again.
inline constexpr absl::Duration kReturnGrace = absl::Seconds(90);

struct JobDependencies {
  const NodeDirectory* nodes;
  JobStore* store;
  const Clock* clock;
  Executor* executor;
  ReturnList* returns;
  JobCounters* counters;
};

struct RunState {
  // `changed`: JobRun's Pump; it may end the run and destroy this, so that it is the last call of an event.
  RunState(std::string job_id, JobRequest job_request, const JobDependencies& dependencies, JobRun* job_run,
           std::function<void()> on_change)
      : id(std::move(job_id)),
        request(std::move(job_request)),
        deps(dependencies),
        run(job_run),
        changed(std::move(on_change)),
        tasks(request.targets),
        rollout(request.spec, request.targets.size(), request.groups),
        ledger(request.recorded ? deps.store : nullptr, deps.executor, id),
        started(deps.clock->Steady()),
        started_us(absl::ToUnixMicros(deps.clock->Now())),
        away_until(started + absl::Milliseconds(request.spec.ttl_ms())) {
    if (request.approvals_needed > 0) rollout.Pause(kAwaitsApproval);
  }

  bool recorded() const { return ledger.recorded(); }
  absl::Duration Now() const { return deps.clock->Steady(); }

  const std::string id;
  const JobRequest request;
  const JobDependencies deps;
  JobRun* const run;
  const std::function<void()> changed;

  TaskTable tasks;
  Rollout rollout;
  JobLedger ledger;
  JobFeed feed;

  absl::Duration started;  // steady
  int64_t started_us;
  absl::Duration away_until;  // steady; the job waits for absent nodes until then
  std::string cancel_text;    // what nodes and watchers are told; empty: not cancelled
  uint64_t told = 0;          // number of the last reply that the watchers were told
  bool resumed = false;       // a previous hub process began it
  bool cut_short = false;     // tasks were ended without a release
};

}  // namespace orch::hub
