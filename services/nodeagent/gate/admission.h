// Decides whether a verified command concerns this node, is well formed and is allowed: collective, filter, plugin,
// action, inputs, the node's own policy. Pure, except that data functions may block. Any thread.
#pragma once

#include <memory>
#include <optional>

#include "filter/filter.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/gate/node_policy.h"
#include "services/nodeagent/state/agent_state.h"
#include "services/nodeagent/tasks/task_runner.h"

namespace orch::nodeagent {

// Fills in plugin, action and inputs of `spec`, or returns the update that ends the task without running it: FILTERED,
// with the data function that failed if one did; DENIED of kind ERROR_KIND_DDL if the inputs were validated against
// another description of the plugin; DENIED with code 2 (no such plugin or action), 3 (input missing), 4 (input wrong);
// DENIED of kind ERROR_KIND_POLICY with code 1 if a policy file does not allow it. `policy` may be null.
std::optional<v1::TaskUpdate> AdmitCommand(const v1::Command& command, const filter::Filter& filter, AgentState* state,
                                           const NodePolicy* policy, TaskSpec* spec);

}  // namespace orch::nodeagent
