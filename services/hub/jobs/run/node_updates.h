// What nodes say of their tasks: checks that an update fits the task, and hands it to the part that acts on it. On the
// hub's loop; owned by JobRun. The caller ends its event with RunState::changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "orch/v1/node_service.pb.h"
#include "services/hub/jobs/run/command_sender.h"
#include "services/hub/jobs/run/run_state.h"
#include "services/hub/jobs/run/task_outcomes.h"
#include "services/hub/jobs/run/task_returns.h"

namespace orch::hub {

class NodeUpdates {
 public:
  NodeUpdates(RunState* state, CommandSender* sender, TaskOutcomes* outcomes, TaskReturns* returns)
      : state_(state), sender_(sender), outcomes_(outcomes), returns_(returns) {}

  // An update to the command that was sent as attempt number `attempt`. One that does not fit is dropped and counted.
  void Take(size_t task, uint32_t attempt, v1::TaskUpdate update);

 private:
  void TakeStarted(size_t task, bool current);
  void TakeOutput(size_t task, uint32_t attempt, v1::OutputChunk* output);
  void TakeDecline(size_t task, uint32_t attempt, const std::string& failure);
  void TakeReply(size_t task, uint32_t attempt, v1::Reply reply);
  // Whether the node may know better than the hub that it is no target.
  bool MayDeclineTask(const Task& task) const;

  RunState* const state_;
  CommandSender* const sender_;
  TaskOutcomes* const outcomes_;
  TaskReturns* const returns_;
};

}  // namespace orch::hub
