// What `orchctl inventory NODE` prints, in MCollective's layout. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "orch/v1/fleet.pb.h"

namespace orch::cli {

struct Inventory {
  v1::Node node;
  Json facts = Json::object();
  Json stats = Json::object();            // of rpcutil daemon_stats; empty when the node did not answer
  std::vector<std::string> data_plugins;  // of rpcutil inventory
};

// "connected", "stale", "disconnected".
std::string PresenceName(v1::Presence presence);
// A table of nodes: headings, and a row for each.
std::vector<std::string> PresenceHeadings();
std::vector<std::string> PresenceRow(const v1::Node& node);
Json PresenceJson(const v1::Node& node);
// What `orchctl node show` prints: all that the hub knows, without the node's own statistics.
std::string KnownNodeText(const Inventory& inventory);
Json KnownNodeJson(const Inventory& inventory);

std::string InventoryText(const Inventory& inventory);
Json InventoryJson(const Inventory& inventory);

}  // namespace orch::cli
