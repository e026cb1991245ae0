// The plugins that attached nodes have but cannot offer, with the reasons. Pure; on the hub's loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

inline constexpr size_t kMaxFailedPlugins = 1000;   // in one answer; further ones are left out
inline constexpr size_t kMaxFailedIdentities = 10;  // named for each plugin

struct FailedPlugin {
  std::string plugin;
  std::string reason;
  uint32_t nodes = 0;
  std::vector<std::string> identities;  // the first by name
};

// Sorted by plugin and reason: what nodes report, and DDLs of nodes that the hub cannot use.
std::vector<FailedPlugin> CollectFailedPlugins(const Registry& registry, const DdlCache& ddls);

}  // namespace orch::hub
