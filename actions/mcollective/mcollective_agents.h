// Provider "mcollective": MCollective's own Ruby agents, hosted unmodified (actions/ruby/mcollective_host.rb).
// An agent is agent/NAME.rb with agent/NAME.ddl in a library folder, below "mcollective" or at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process/process.h"

namespace orch::actions {

inline constexpr size_t kMaxMcollectiveAgents = 200;  // on one node; those beyond are problems

struct McollectiveOptions {
  std::vector<std::string> libdirs;  // the first that has a file wins
  // Besides the agents' own: mcollective.ruby (Puppet's, else the one in PATH), mcollective.idle,
  // mcollective.processes, mcollective.server_cfg (an old configuration file to take plugin.* from),
  // mcollective.read_actions and mcollective.open_actions ("agent.action, …": change nothing; take
  // inputs that are not declared).
  BuiltinOptions builtin;
  std::string identity;
  std::vector<std::string> collectives;
  std::string main_collective;
  std::shared_ptr<const Json> facts;  // for agents that ask at activation; may be null
  std::string only;                   // when not empty, no other agent
};

// Adds every agent that loads and wants to run on this node; the rest become problems, also one that
// has the name of a plugin already there. Nothing is started when no folder holds an agent. Blocks for
// as long as the agents take to load, a minute at most; any thread. `cancel` may be null.
void LoadMcollectiveAgents(const McollectiveOptions& options, const Clock* clock, const CancelToken* cancel,
                           Catalog* catalog);

}  // namespace orch::actions
