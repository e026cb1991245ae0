// Builds the catalog of all plugins of a node: the built-in ones, those in its plugin directories, and MCollective's
// agents. A plugin that cannot be loaded becomes a problem of the catalog and does not affect the others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "base/process/cancel_token.h"

namespace orch::actions {

inline constexpr size_t kMaxActivationsAtOnce = 32;

struct CatalogOptions {
  BuiltinOptions builtin;                        // with the settings of all plugins
  std::vector<std::string> plugin_directories;   // the first one that has a plugin wins
  std::vector<std::string> mcollective_libdirs;  // library folders of MCollective's agents
  std::string identity;                          // this and the next two for agents that ask
  std::vector<std::string> collectives;
  std::string main_collective;
  std::shared_ptr<const Json> facts;  // for plugins that ask whether to activate; may be null
  std::string only;                   // the only plugin to load; empty: all
  bool ask_plugins = true;            // false: activates all plugins without asking them
};

// Blocks: reads files, and asks each installed plugin whether to activate it (2 s at most, kMaxActivationsAtOnce at a
// time); LoadMcollectiveAgents asks MCollective's agents in one process. An installed plugin with the name of a
// built-in one becomes a problem. `cancel` may be null. Any thread.
std::shared_ptr<Catalog> BuildCatalog(const CatalogOptions& options, const Clock* clock, const CancelToken* cancel);

}  // namespace orch::actions
