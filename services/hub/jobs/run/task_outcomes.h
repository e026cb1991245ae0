// Ends tasks: makes the one lawful move, tells the rollout, and hands the outcome to the store, or, for a job that is
// not recorded, to the watchers. On the hub's loop; owned by JobRun. The caller ends its event with RunState::changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "orch/v1/job.pb.h"
#include "services/hub/jobs/run/outcome_delivery.h"
#include "services/hub/jobs/run/run_state.h"

namespace orch::hub {

class TaskOutcomes {
 public:
  TaskOutcomes(RunState* state, OutcomeDelivery* delivery) : state_(state), delivery_(delivery) {}

  // The task ends with `reply`, or is set aside where its attempt is to be repeated. An outcome that the table of tasks
  // does not allow is dropped and counted. `attempt`: the one whose reply it is, 0 when the hub speaks in the node's
  // stead.
  void End(size_t task, v1::Reply reply, uint32_t attempt = 0);
  // Ends the targets that rules deny, before the first release.
  void EndDenied();
  // The node says that it is no target. `failure`: the data function of the filter that failed there, or empty. False
  // when the task cannot be declined any more.
  bool Decline(size_t task, uint32_t attempt, const std::string& failure);

 private:
  // To the store, or at once to the watchers.
  void Deliver(size_t task, v1::Reply reply, uint32_t attempt);
  void SetAside(size_t task, v1::Reply reply, uint32_t attempt);

  RunState* const state_;
  OutcomeDelivery* const delivery_;
};

}  // namespace orch::hub
