// All plugins of a node: the built-in ones, those in its plugin directories, and MCollective's agents. One that cannot
// be loaded is a problem of the catalog and stops no other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "base/process/process.h"

namespace orch::actions {

inline constexpr size_t kMaxActivationsAtOnce = 32;

struct CatalogOptions {
  BuiltinOptions builtin;                        // settings, of all plugins
  std::vector<std::string> plugin_directories;   // the first that has a name wins
  std::vector<std::string> mcollective_libdirs;  // library folders of MCollective's agents
  std::string identity;                          // these three for agents that ask
  std::vector<std::string> collectives;
  std::string main_collective;
  std::shared_ptr<const Json> facts;  // for plugins that ask whether to activate; may be null
  std::string only;                   // when not empty, no other plugin
  bool ask_plugins = true;            // false: whoever has a name here wanted to serve the node before
};

// Blocks: reads files, and asks each installed plugin whether it wants to serve this node (2 s at most,
// kMaxActivationsAtOnce at a time), MCollective's agents in one process for all (LoadMcollectiveAgents).
// The name of a built-in plugin is taken, an installed one of that name is a problem. `cancel` may be null.
std::shared_ptr<Catalog> BuildCatalog(const CatalogOptions& options, const Clock* clock, const CancelToken* cancel);

}  // namespace orch::actions
