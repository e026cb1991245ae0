// The provider "mcollective": loads MCollective's own Ruby agents without changes (actions/ruby/mcollective_host.rb).
// An agent consists of agent/NAME.rb and agent/NAME.ddl in a library folder or in its subfolder "mcollective".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process/cancel_token.h"

namespace orch::actions {

inline constexpr size_t kMaxMcollectiveAgents = 200;  // on one node; further ones become problems

struct McollectiveOptions {
  std::vector<std::string> libdirs;  // the first one that has a file wins
  // Has the settings of the agents and mcollective.ruby (default: Puppet's, else the one in PATH), mcollective.idle,
  // mcollective.processes, mcollective.server_cfg (an old configuration file whose plugin.* is read), and two lists
  // "agent.action, …": mcollective.read_actions (actions that change nothing) and mcollective.open_actions (actions
  // that accept undeclared inputs).
  BuiltinOptions builtin;
  std::string identity;
  std::vector<std::string> collectives;
  std::string main_collective;
  std::shared_ptr<const Json> facts;  // for the activation of agents; may be null
  std::string only;                   // the only agent to load; empty: all
};

// Adds every agent that can be loaded and activates on this node. The others become problems, and so does an agent with
// the name of a plugin in the catalog. Starts no process if there is no agent. Blocks while the agents load, at most a
// minute. Any thread. `cancel` may be null.
void LoadMcollectiveAgents(const McollectiveOptions& options, const Clock* clock, const CancelToken* cancel,
                           Catalog* catalog);

}  // namespace orch::actions
