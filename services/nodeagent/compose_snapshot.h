// Composes what is known on this node of itself: by configuration, inventory, plugins, and problems of the journal and
// of policy files, which it tells the hub, and by the hub's word. Pure; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/core/catalog.h"
#include "services/nodeagent/config.h"
#include "services/nodeagent/inventory.h"
#include "services/nodeagent/state/node_snapshot.h"
#include "services/nodeagent/state/standing_file.h"

namespace orch::nodeagent {

std::shared_ptr<const NodeSnapshot> ComposeSnapshot(const AgentConfig& config, const Inventory::Found& found,
                                                    const actions::Catalog& catalog,
                                                    const std::vector<std::string>& other_problems,
                                                    std::shared_ptr<const Standing> standing);

// The facts that count on the node: without those of its own that only the hub may say, and with its labels.
std::shared_ptr<const Json> FactsWithLabels(std::shared_ptr<const Json> facts, const Standing* standing);

}  // namespace orch::nodeagent
