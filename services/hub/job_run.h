// One job on its way: releases its tasks as the rollout says, waits for their outcomes, and tells
// store and watchers. On the hub's loop, without locks; owned by the dispatcher. Every event may end
// the job: then Rooms::finished is the last thing that is called, and may destroy this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "orch/v1/job.pb.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/job.h"
#include "services/hub/job_store.h"
#include "services/hub/job_watch.h"
#include "services/hub/node_channel.h"
#include "services/hub/rollout.h"

namespace orch::hub {

struct JobCounters {
  uint64_t jobs = 0;
  uint64_t replies = 0;     // of nodes, taken
  uint64_t unexpected = 0;  // updates dropped: late, repeated, of no running job or no target
};

// What happens when the store could not take something: it is said.
JobStore::Done LogFailure(const std::string& job_id, absl::string_view what);

class JobRun {
 public:
  // Tasks released in one turn of the loop; then others have theirs.
  static constexpr size_t kSendSlice = 128;

  struct Rooms {
    const NodeDirectory* nodes;
    JobStore* store;
    const Clock* clock;
    Executor* executor;
    JobCounters* counters;
    std::function<void(JobRun*)> finished;
  };
  // `body`: of the first attempt.
  JobRun(std::string id, JobRequest request, std::shared_ptr<const CommandBody> body, std::unique_ptr<JobWatch> watch,
         Rooms rooms);
  ~JobRun();
  JobRun(const JobRun&) = delete;
  JobRun& operator=(const JobRun&) = delete;

  // Tells the client it is accepted, and starts.
  void Begin();
  // Of a command of `attempt`.
  void OnUpdate(absl::string_view identity, uint32_t attempt, v1::TaskUpdate update);
  void OnNodeGone(absl::string_view identity, absl::string_view reason);
  // The hub stops: unsent tasks CANCELLED, the others INDETERMINATE.
  void EndAll(absl::string_view reason);

  const std::string& id() const { return job_.id(); }
  const JobRequest& request() const { return request_; }

 private:
  // After every event: releases what may go, and ends the job when nothing is left. Last.
  void Pump();
  void ReleaseSome();
  void SendTask(size_t index);
  const std::shared_ptr<const CommandBody>& BodyOf(uint32_t attempt);
  // Tasks that will not be released any more.
  void EndUnreleased();
  void ArmDeadline();
  void OnDeadline();
  void TakeReply(size_t index, uint32_t attempt, v1::Reply reply);
  void EndTask(size_t index, v1::Reply reply);
  void SetAside(size_t index, v1::Reply reply);
  void TellProgress(size_t index);
  void Finish();
  v1::JobAccepted Describe() const;

  const JobRequest request_;
  const Rooms rooms_;
  Job job_;
  Rollout rollout_;
  std::vector<std::shared_ptr<const CommandBody>> bodies_;  // by attempt, from 1
  std::unique_ptr<JobWatch> watch_;
  const absl::Duration started_;  // steady
  const int64_t started_us_;
  bool unreleased_ended_ = false;
  bool cut_short_ = false;  // tasks were not released
  TimerId release_timer_ = 0;
  bool slice_waits_ = false;
  TimerId deadline_timer_ = 0;
};

}  // namespace orch::hub
