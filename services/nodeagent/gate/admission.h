// Whether a verified command is this node's business and well formed: collective, filter, plugin,
// action, inputs. Pure but for the filter's data functions, which may block. Any thread.
#pragma once

#include <memory>
#include <optional>

#include "filter/filter.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/state/agent_state.h"
#include "services/nodeagent/tasks/task_runner.h"

namespace orch::nodeagent {

// Fills `spec`'s plugin, action and request inputs, or says how the task ends without running:
// FILTERED, with the data function that failed if one did; DENIED of kind "ddl" when the inputs were validated
// against another description of the plugin; DENIED with code 2 (no such plugin or action), 3 (input
// missing), 4 (input wrong).
std::optional<v1::TaskUpdate> AdmitCommand(const v1::Command& command, const filter::Filter& filter, AgentState* state,
                                           TaskSpec* spec);

}  // namespace orch::nodeagent
