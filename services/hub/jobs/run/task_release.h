// Releases the tasks of a job as its rollout says, some in each turn of the loop, and gives up those whose time is
// over. On the hub's loop; owned by JobRun.
#pragma once

#include <cstddef>

#include "base/executor.h"
#include "services/hub/jobs/run/command_sender.h"
#include "services/hub/jobs/run/run_state.h"
#include "services/hub/jobs/run/task_outcomes.h"
#include "services/hub/jobs/run/task_returns.h"

namespace orch::hub {

class TaskRelease {
 public:
  // Tasks that are released in one turn of the loop; then other jobs have theirs.
  static constexpr size_t kSendSlice = 128;

  TaskRelease(RunState* state, CommandSender* sender, TaskOutcomes* outcomes, TaskReturns* returns)
      : state_(state), sender_(sender), outcomes_(outcomes), returns_(returns) {}
  ~TaskRelease();

  // Releases what may go now and sets timers for the rest. After every event; `changed` is not called.
  void Run();
  // The next Run does not wait for this job's turn.
  void SkipTurn() { turn_waits_ = false; }

 private:
  void ReleaseSome();
  void ReleaseLater(absl::Duration wait);
  void Send(size_t task);
  // The rollout was stopped: tasks that it had not released end.
  void EndUnreleased();
  void ArmDeadline();
  void OnDeadline();

  RunState* const state_;
  CommandSender* const sender_;
  TaskOutcomes* const outcomes_;
  TaskReturns* const returns_;
  bool turn_waits_ = false;
  bool unreleased_ended_ = false;
  TimerId release_timer_ = 0;
  TimerId deadline_timer_ = 0;
};

}  // namespace orch::hub
