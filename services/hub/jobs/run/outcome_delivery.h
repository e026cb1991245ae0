// What follows once the store has an outcome: the node is acknowledged, and then the watchers are told. On the hub's
// loop; owned by JobRun. Marks tasks as stored and counts `told`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "orch/v1/job.pb.h"
#include "services/hub/jobs/run/command_sender.h"
#include "services/hub/jobs/run/run_state.h"

namespace orch::hub {

class OutcomeDelivery {
 public:
  OutcomeDelivery(RunState* state, CommandSender* sender) : state_(state), sender_(sender) {}

  // `attempt`: the one whose reply it is; 0 when the hub speaks in the node's stead, and nobody is acknowledged.
  // `number`: the store's; 0 when the store will never take the reply.
  void OnReplyStored(size_t task, uint32_t attempt, uint64_t number, const v1::Reply& reply);
  // The node declined the task.
  void OnDeclineStored(size_t task, uint32_t attempt);
  // The attempt failed and another follows.
  void OnSetAsideStored(size_t task, uint32_t attempt);

 private:
  RunState* const state_;
  CommandSender* const sender_;
};

}  // namespace orch::hub
