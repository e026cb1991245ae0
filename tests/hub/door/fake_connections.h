// Connections without sockets, for the parts of the door that only decide.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "services/hub/door/connection_table.h"

namespace orch::hub {

inline constexpr absl::Duration kNow = absl::Hours(5);  // Clock::Steady

inline Connection* AddConnection(ConnectionTable* table, absl::Duration now, const std::string& network = "loopback") {
  Connection::Origin origin;
  origin.network = network;
  return table->Add(UniqueFd(), std::move(origin), now);
}

// Makes `connection` look let in, with a share of its own.
inline Share* GiveVisitor(Connection* connection, const std::string& name) {
  connection->visitor = std::make_shared<Visitor>();
  connection->visitor->peer.name = name;
  connection->visitor->share = std::make_shared<Share>(ClientShare());
  return connection->visitor->share.get();
}

}  // namespace orch::hub
