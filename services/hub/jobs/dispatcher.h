// The table of running jobs: admits a job, and hands each event to the run (JobRun) it is for. Every target of a job
// ends in exactly one outcome. On the hub's loop, without locks; owned by Hub. Knows nodes as NodeChannels and clients
// as JobWatches; never decides who may ask, which is settled before Start.
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
#include "services/hub/jobs/run_directory.h"

namespace orch::hub {

class Dispatcher final : public RunDirectory {
 public:
  static constexpr size_t kSendSlice = TaskRelease::kSendSlice;

  struct Options {
    size_t max_jobs = 1000;  // that run at the same time
  };
  using Request = JobRequest;

  Dispatcher(const NodeDirectory* nodes, JobStore* store, const Clock* clock, Random* random, Executor* executor,
             Options options);

  // Resumes every job that a previous hub process did not finish. Call it before anything else; it blocks.
  absl::Status Recover();

  // Begins a job and tells the client everything about it. ResourceExhausted at the limit of jobs, Unavailable while
  // the hub stops, FailedPrecondition for a lock that another job holds; in these cases the sink is not used. If the
  // idempotency key was used before, the client follows that job instead.
  absl::Status Start(Request request, std::shared_ptr<JobWatch::Sink> client);
  // Follows, from `cursor`, the job that this caller began with the idempotency key of `spec`. `done` gets NotFound
  // when there is none, and InvalidArgument when that job was another request; nothing is followed then.
  void FollowKey(const v1::JobSpec& spec, const std::string& caller, const std::string& cursor,
                 std::shared_ptr<JobWatch::Sink> client, std::function<void(absl::Status)> done);
  // Tells the client about a job from the cursor on. The sink gets the error.
  void Watch(const v1::WatchJobRequest& request, std::shared_ptr<JobWatch::Sink> client);
  // `done` gets the job as it is afterwards, or an error.
  void Control(const v1::ControlJobRequest& request, const std::string& caller,
               std::function<void(absl::StatusOr<v1::Job>)> done);

  // A job that awaits approval goes on, or ends without having sent anything. Does nothing for another job.
  void Approve(absl::string_view job_id);
  void Refuse(absl::string_view job_id, absl::string_view why);
  // Cancels the jobs that may not go on, because rules or keys have changed.
  void CancelUnless(const std::function<bool(const JobRequest&)>& may_go_on, absl::string_view reason);

  // A node's update, already verified. An update that no task waits for is dropped and counted.
  void OnUpdate(absl::string_view identity, absl::string_view attempt_id, v1::TaskUpdate update);
  void OnNodeGone(absl::string_view identity, absl::string_view reason);
  // The node's stream accepts commands again.
  void OnNodeBack(absl::string_view identity);

  // Refuses every Start from now on.
  void Drain() { draining_ = true; }
  // Posts `idle` once no job runs that would be lost with the hub.
  void WhenIdle(Closure idle);
  // Ends every job: unsent tasks are CANCELLED, the others INDETERMINATE. A job that a durable store keeps is only
  // suspended: the next hub process resumes it.
  void EndAll(absl::string_view reason);

  using Counters = JobCounters;
  const Counters& counters() const { return counters_; }
  size_t running() const { return jobs_.size(); }
  size_t paused() const;
  size_t queued_tasks() const { return returns_.parked(); }
  // The caller of a running job, by its id or the beginning of it; empty when none or several match.
  std::string CallerOf(absl::string_view job_id) const;
  // The running jobs that wait for approval.
  std::vector<std::string> AwaitingApproval() const;
  const NamedLocks& locks() const { return locks_; }
  JobRun* RunOf(absl::string_view job_id) override;

 private:
  struct Attempt {
    JobRun* run;
    uint32_t attempt;
  };

  absl::Status Admit() const;
  JobRun* Add(const std::string& id, Request request, std::shared_ptr<const CommandBody> body);
  // Finds a run by its id or the beginning of it; null when none or several match.
  JobRun* FindRun(absl::string_view prefix) const;
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
  absl::flat_hash_map<std::string, Attempt> by_attempt_id_;  // every attempt that the running jobs may make
  bool draining_ = false;
  Closure idle_;
};

}  // namespace orch::hub
