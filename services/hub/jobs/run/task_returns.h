// Nodes that go away and come back while a job runs. A recorded job does not end with a node's stream: a task whose
// node is away waits for it, and a node that is back is asked what became of its command. On the hub's loop; owned by
// JobRun. The caller ends its event with RunState::changed.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"
#include "base/executor.h"
#include "services/hub/jobs/run/command_sender.h"
#include "services/hub/jobs/run/run_state.h"
#include "services/hub/jobs/run/task_outcomes.h"

namespace orch::hub {

class TaskReturns {
 public:
  TaskReturns(RunState* state, CommandSender* sender, TaskOutcomes* outcomes)
      : state_(state), sender_(sender), outcomes_(outcomes) {}
  ~TaskReturns();

  // The task was released, and its node is not attached: it waits, or ends OFFLINE or EXPIRED.
  void OnAbsent(size_t task);
  void OnNodeGone(size_t task, absl::string_view reason);
  void OnNodeBack(size_t task);

  // Answers to a question. The node never saw the command: it is sent again while there is time.
  void OnUnknown(size_t task);
  // The node had accepted the command and knows no outcome.
  void OnTaskLost(size_t task);

 private:
  void OnAwayTooLong();

  RunState* const state_;
  CommandSender* const sender_;
  TaskOutcomes* const outcomes_;
  TimerId away_timer_ = 0;
};

}  // namespace orch::hub
