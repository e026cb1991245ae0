// The texts of `orchctl inventory NODE`, in MCollective's layout, and of `orchctl node`. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "orch/v1/fleet.pb.h"

namespace orch::cli {

struct Inventory {
  v1::Node node;
  Json facts = Json::object();
  Json stats = Json::object();            // from rpcutil daemon_stats; empty if the node did not answer
  std::vector<std::string> data_plugins;  // from rpcutil inventory
};

// Returns "connected", "stale" or "disconnected".
std::string PresenceName(v1::Presence presence);
// The headings and the rows of a table of nodes.
std::vector<std::string> PresenceHeadings(bool labels);
std::vector<std::string> PresenceRow(const v1::Node& node, bool labels);
// A time in microseconds since 1970, for people; "never" for 0.
std::string WhenSeen(int64_t time_us);
Json PresenceJson(const v1::Node& node);
// The output of `orchctl node show`: everything the hub knows, without the node's own statistics.
std::string KnownNodeText(const Inventory& inventory);
Json KnownNodeJson(const Inventory& inventory);

std::string InventoryText(const Inventory& inventory);
Json InventoryJson(const Inventory& inventory);

}  // namespace orch::cli
