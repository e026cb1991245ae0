// One job from its acceptance to its summary. Puts the parts of a run together and hands each event to the part that it
// is for; the parts release tasks (task_release), take what nodes say (node_updates), end tasks (task_outcomes), wait
// for absent nodes (task_returns) and obey people (job_control). Store, nodes and watchers are told in this order. On
// the hub's loop, without locks; owned by the dispatcher. Every event may end the job: then `finished` is the last
// call, and it may destroy this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "orch/v1/node_service.pb.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/jobs/run/command_sender.h"
#include "services/hub/jobs/run/job_control.h"
#include "services/hub/jobs/run/node_updates.h"
#include "services/hub/jobs/run/outcome_delivery.h"
#include "services/hub/jobs/run/run_state.h"
#include "services/hub/jobs/run/task_outcomes.h"
#include "services/hub/jobs/run/task_release.h"
#include "services/hub/jobs/run/task_returns.h"

namespace orch::hub {

class JobRun {
 public:
  using Finished = std::function<void(JobRun* run)>;
  // `body`: the command body of the first attempt.
  JobRun(std::string id, JobRequest request, std::shared_ptr<const CommandBody> body,
         const JobDependencies& dependencies, Finished finished);
  JobRun(const JobRun&) = delete;
  JobRun& operator=(const JobRun&) = delete;

  // Stores the job if it is recorded, then tells the client that it is accepted, and begins. If the job cannot be
  // stored, `finished` is called, and then `refused` with the reason; `refused` then owns the client.
  void Start(std::shared_ptr<JobWatch::Sink> client, std::function<void(const absl::Status&)> refused);
  // Goes on where a previous hub process ended.
  void Resume(const UnfinishedJob& stored);

  // An update of a node to the command that was sent as attempt number `attempt`.
  void OnUpdate(absl::string_view identity, uint32_t attempt, v1::TaskUpdate update);
  void OnNodeGone(absl::string_view identity, absl::string_view reason);
  void OnNodeBack(absl::string_view identity);

  // As JobControl.
  void Cancel(absl::string_view caller, absl::string_view reason);
  void EndAll(absl::string_view reason);
  // Nothing is released until Unpause; what was released goes on.
  void Pause(absl::string_view because);
  void Unpause();
  // A job that awaits approval goes on, or ends without having sent anything; others are not affected.
  void Approve();
  void Refuse(absl::string_view why);
  // The hub stops and its store keeps the job: watchers are told, nothing ends.
  void Suspend(absl::string_view reason);

  // Joins a client that has seen all replies up to told(), and `targets_seen` targets.
  absl::Status Join(std::unique_ptr<JobWatch> watch, uint32_t targets_seen);
  uint64_t told() const { return state_.told; }

  const std::string& id() const { return state_.id; }
  const JobRequest& request() const { return state_.request; }
  bool recorded() const { return state_.recorded(); }
  bool begun() const { return begun_; }
  bool paused() const { return state_.rollout.paused(); }
  bool awaits_approval() const { return state_.rollout.awaits_approval(); }
  const RunState& state() const { return state_; }

 private:
  void Begin();
  // After every event, last: releases what may go, and finishes the job when nothing is left.
  void Pump();
  void Finish();

  const Finished finished_;
  RunState state_;
  CommandSender sender_;
  OutcomeDelivery delivery_;
  TaskOutcomes outcomes_;
  TaskReturns returns_;
  TaskRelease release_;
  NodeUpdates updates_;
  JobControl control_;
  bool begun_ = false;
  bool finishing_ = false;
};

}  // namespace orch::hub
