// Composes what this node tells the hub about itself from configuration, inventory, plugins and the journal. Pure; any
// thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/core/catalog.h"
#include "services/nodeagent/config.h"
#include "services/nodeagent/inventory.h"
#include "services/nodeagent/state/node_snapshot.h"

namespace orch::nodeagent {

std::shared_ptr<const NodeSnapshot> ComposeSnapshot(const AgentConfig& config, const Inventory::Found& found,
                                                    const actions::Catalog& catalog,
                                                    const std::vector<std::string>& journal_problems);

}  // namespace orch::nodeagent
