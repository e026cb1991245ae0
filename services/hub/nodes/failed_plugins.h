// The plugins that attached nodes have and cannot offer, and why. Pure; on the hub's loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

inline constexpr size_t kMaxFailedPlugins = 1000;   // of one answer; the rest is left out
inline constexpr size_t kMaxFailedIdentities = 10;  // named of each

struct FailedPlugin {
  std::string plugin;
  std::string reason;
  uint32_t nodes = 0;
  std::vector<std::string> identities;  // the first by name
};

// By plugin, then reason: what nodes report, and DDLs of theirs that the hub cannot use.
std::vector<FailedPlugin> CollectFailedPlugins(const Registry& registry, const DdlCache& ddls);

}  // namespace orch::hub
