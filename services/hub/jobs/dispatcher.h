// The brain: runs jobs over frozen sets of targets and sees to it that each ends in exactly one
// outcome. Admits jobs and hands events to the one they are for (JobRun); on the hub's loop, without
// locks; knows nodes as NodeChannels and clients as JobWatches. Never decides who may ask: that is
// done before Start.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/jobs/job_replay.h"
#include "services/hub/jobs/named_locks.h"
#include "services/hub/jobs/run/job_run.h"
#include "services/hub/jobs/run/return_list.h"

namespace orch::hub {

class Dispatcher final : public RunDirectory {
 public:
  static constexpr size_t kSendSlice = TaskRelease::kSendSlice;

  struct Options {
    size_t max_jobs = 1000;  // running at the same time
  };
  using Request = JobRequest;

  Dispatcher(const NodeDirectory* nodes, JobStore* store, const Clock* clock, Random* random, Executor* executor,
             Options options);

  // Takes up every job an earlier life of this hub did not end. Before anything else; blocks.
  absl::Status Recover();

  // Begins a job and tells the client all of it. ResourceExhausted at the limit of jobs, Unavailable
  // while stopping, FailedPrecondition for a lock that is held: then the sink was not used. With an
  // idempotency key that was used before the client follows that job instead.
  absl::Status Start(Request request, std::shared_ptr<JobWatch::Sink> client);
  // The job this caller began with that key: NotFound, or it is followed from `cursor`, if it is the
  // same that is asked for now (InvalidArgument if not: then nothing is followed). `done` says which.
  void FollowKey(const v1::JobSpec& spec, const std::string& caller, const std::string& cursor,
                 std::shared_ptr<JobWatch::Sink> client, std::function<void(absl::Status)> done);
  // Tells of a job from the cursor on. The sink gets the error.
  void Watch(const v1::WatchJobRequest& request, std::shared_ptr<JobWatch::Sink> client);
  // `done` gets the job as it is after it, or why it cannot be.
  void Control(const v1::ControlJobRequest& request, const std::string& caller,
               std::function<void(absl::StatusOr<v1::Job>)> done);

  // A verified update of that node. What no task waits for is dropped and counted.
  void OnUpdate(absl::string_view identity, absl::string_view attempt_id, v1::TaskUpdate update);
  void OnNodeGone(absl::string_view identity, absl::string_view reason);
  // Its stream takes commands again.
  void OnNodeBack(absl::string_view identity);

  // From now on Start is refused.
  void Drain() { draining_ = true; }
  // Posts `idle` once no job runs that would end with the hub.
  void WhenIdle(Closure idle);
  // Ends every job: unsent tasks CANCELLED, the others INDETERMINATE. Those a durable store keeps only
  // end here: the next life of the hub goes on with them.
  void EndAll(absl::string_view reason);

  using Counters = JobCounters;
  const Counters& counters() const { return counters_; }
  size_t running() const { return jobs_.size(); }
  size_t paused() const;
  size_t queued_tasks() const { return returns_.parked(); }
  const NamedLocks& locks() const { return locks_; }
  JobRun* RunOf(absl::string_view job_id) override;

 private:
  struct Attempt {
    JobRun* run;
    uint32_t attempt;
  };

  absl::Status Admit() const;
  JobRun* Add(const std::string& id, Request request, std::shared_ptr<const CommandBody> body);
  // By id or its beginning; null when none or several fit.
  JobRun* FindRun(absl::string_view prefix);
  void Resume(const UnfinishedJob& stored);
  void OnFinished(JobRun* run);
  bool Idle() const;

  const NodeDirectory* const nodes_;
  JobStore* const store_;
  const Clock* const clock_;
  Random* const random_;
  Executor* const executor_;
  const Options options_;
  Counters counters_;
  ReturnList returns_;
  NamedLocks locks_;
  absl::flat_hash_map<std::string, std::unique_ptr<JobRun>> jobs_;
  absl::flat_hash_map<std::string, Attempt> by_attempt_id_;  // every attempt the running jobs may make
  bool draining_ = false;
  Closure idle_;
};

}  // namespace orch::hub
