// How people and the hub's own end steer a run: cancel, pause, resume, end; and what store and watchers hear of it. On
// the hub's loop; owned by JobRun. The caller ends its event with RunState::changed.
#pragma once

#include "absl/strings/string_view.h"
#include "services/hub/job_store/stored_job.h"
#include "services/hub/jobs/run/command_sender.h"
#include "services/hub/jobs/run/run_state.h"
#include "services/hub/jobs/run/task_outcomes.h"

namespace orch::hub {

class JobControl {
 public:
  JobControl(RunState* state, CommandSender* sender, TaskOutcomes* outcomes)
      : state_(state), sender_(sender), outcomes_(outcomes) {}

  // Unsent tasks end; nodes at work are told to end theirs, and say themselves how they did.
  void Cancel(absl::string_view caller, absl::string_view reason);
  // The job was not approved: nothing of it runs.
  void Refuse(absl::string_view why);
  // The hub stops: tasks that were sent become INDETERMINATE, the others are to be CANCELLED.
  void EndAll(absl::string_view reason);

  // Stores and tells how the rollout stands, when that has changed.
  void TellRollout();
  // What the store has already.
  void Restore(const RolloutState& stored) { told_ = stored; }

 private:
  void TellWatchers();

  RunState* const state_;
  CommandSender* const sender_;
  TaskOutcomes* const outcomes_;
  RolloutState told_;
};

}  // namespace orch::hub
