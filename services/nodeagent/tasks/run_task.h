// Runs the action of one task, in this process or outside of it, and emits the task's updates. Called on a worker of
// the TaskRunner; blocks until the action has ended. Never decides whether the action may run.
#pragma once

#include "actions/core/node_state.h"
#include "base/clock.h"
#include "services/nodeagent/tasks/task.h"

namespace orch::nodeagent {

inline constexpr char kTooLate[] = "the action did not end within its time";

void RunTask(const Clock* clock, actions::NodeState* node, Task* task);

}  // namespace orch::nodeagent
