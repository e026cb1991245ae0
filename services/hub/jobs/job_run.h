// One job on its way: releases its tasks as the rollout says, waits for their outcomes, and tells
// store, nodes and watchers, in this order. On the hub's loop, without locks; owned by the dispatcher.
// Every event may end the job: then Rooms::finished is the last thing that is called, and may destroy
// this. A recorded job does not end with a node's stream, a client or the hub: its nodes are asked
// when they come back.
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
#include "orch/v1/node_service.pb.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/jobs/job.h"
#include "services/hub/jobs/job_feed.h"
#include "services/hub/jobs/job_ledger.h"
#include "services/hub/jobs/return_list.h"
#include "services/hub/jobs/rollout.h"
#include "services/hub/nodes/node_channel.h"

namespace orch::hub {

struct JobCounters {
  uint64_t jobs = 0;
  uint64_t replies = 0;     // of nodes, taken
  uint64_t unexpected = 0;  // updates dropped: late, repeated, of no running job or no target
};

// How long a hub that was restarted waits for nodes at least: their longest pause before they try again, and more.
inline constexpr absl::Duration kReturnGrace = absl::Seconds(90);

class JobRun {
 public:
  // Tasks released in one turn of the loop; then others have theirs.
  static constexpr size_t kSendSlice = 128;

  struct Rooms {
    const NodeDirectory* nodes;
    JobStore* store;
    const Clock* clock;
    Executor* executor;
    ReturnList* returns;
    JobCounters* counters;
    std::function<void(JobRun*)> finished;
  };
  // `body`: of the first attempt.
  JobRun(std::string id, JobRequest request, std::shared_ptr<const CommandBody> body, Rooms rooms);
  ~JobRun();
  JobRun(const JobRun&) = delete;
  JobRun& operator=(const JobRun&) = delete;

  // Once it is stored the client is told it is accepted, and it starts; a job that is not recorded
  // does at once. What cannot be stored is over: `refused` gets the reason, and then the client is its.
  void Start(std::shared_ptr<JobWatch::Sink> client, std::function<void(const absl::Status&)> refused);
  // Goes on where an earlier life of this hub ended.
  void Resume(const UnfinishedJob& stored);

  // Of a command of `attempt`.
  void OnUpdate(absl::string_view identity, uint32_t attempt, v1::TaskUpdate update);
  void OnNodeGone(absl::string_view identity, absl::string_view reason);
  void OnNodeBack(absl::string_view identity);

  // Unsent tasks end; those at work are told to end, and say themselves how they did.
  void Cancel(absl::string_view caller, absl::string_view reason);
  // Releases nothing until resumed; what was released goes on.
  void Pause(absl::string_view because);
  void Unpause();
  // The hub stops: unsent tasks CANCELLED, the others INDETERMINATE.
  void EndAll(absl::string_view reason);
  // The hub stops and its store keeps the job: watchers are told, nothing ends.
  void Suspend(absl::string_view reason);

  // Joins a client that has seen all replies up to told(), and so many targets.
  absl::Status Join(std::unique_ptr<JobWatch> watch, uint32_t targets_seen);
  uint64_t told() const { return told_; }  // number of the last reply the watchers were told

  const std::string& id() const { return job_.id(); }
  const JobRequest& request() const { return request_; }
  bool recorded() const { return ledger_.recorded(); }
  bool begun() const { return begun_; }
  bool paused() const { return rollout_.paused(); }
  v1::Job Describe() const;
  // Tasks without outcome that were sent, at most so many.
  void ListOpen(size_t limit, v1::GetJobResponse* response) const;

 private:
  void Begin();
  v1::JobAccepted Accepted() const;
  StoredJob ToStore() const;
  // After every event: releases what may go, and ends the job when nothing is left. Last.
  void Pump();
  void ReleaseSome();
  void SendTask(size_t index);
  bool SendTo(NodeChannel* node, size_t index);
  const std::shared_ptr<const CommandBody>& BodyOf(uint32_t attempt);
  void Park(size_t index);
  void OnParkedTooLong();
  // Tasks that will not be released any more.
  void EndUnreleased();
  void ArmDeadline();
  void OnDeadline();
  void TakeReply(size_t index, uint32_t attempt, v1::Reply reply);
  void TakeFiltered(size_t index, uint32_t attempt, const std::string& failure);
  // Whether the node may know better than the hub that it is no target.
  bool MayDeclineTask(const JobTask& task) const;
  // Answers to a question.
  void OnUnknown(size_t index);
  void OnGoneFor(size_t index);
  // `from_attempt`: of the command it answers, 0 when the hub says it in the node's stead.
  void EndTask(size_t index, v1::Reply reply, uint32_t from_attempt = 0);
  void SetAside(size_t index, v1::Reply reply, uint32_t from_attempt);
  void OnCommitted(size_t index, uint32_t from_attempt, uint64_t number, const v1::Reply& reply);
  void Acknowledge(size_t index, uint32_t attempt);
  void TellProgress(size_t index);
  // Stores and tells how the rollout stands, when that changed.
  void TellRollout();
  void RestoreTask(size_t index, const StoredTask& stored);
  void Finish();

  const JobRequest request_;
  const Rooms rooms_;
  Job job_;
  Rollout rollout_;
  JobLedger ledger_;
  JobFeed feed_;
  std::vector<std::shared_ptr<const CommandBody>> bodies_;  // by attempt, from 1
  absl::Duration started_;                                  // steady
  int64_t started_us_;
  absl::Duration park_until_;  // steady; nodes that are away are waited for till then
  std::string cancel_text_;
  RolloutState stored_rollout_;
  uint64_t told_ = 0;
  bool begun_ = false;
  bool resumed_ = false;
  bool finishing_ = false;
  bool unreleased_ended_ = false;
  bool cut_short_ = false;  // tasks were not released
  bool slice_waits_ = false;
  TimerId release_timer_ = 0;
  TimerId deadline_timer_ = 0;
  TimerId park_timer_ = 0;
};

}  // namespace orch::hub
