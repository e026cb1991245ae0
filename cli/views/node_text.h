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

std::string InventoryText(const Inventory& inventory);
Json InventoryJson(const Inventory& inventory);

}  // namespace orch::cli
