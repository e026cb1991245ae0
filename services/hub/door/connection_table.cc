#include "services/hub/door/connection_table.h"

#include <utility>

namespace orch::hub {

Connection* ConnectionTable::Add(UniqueFd net, Connection::Origin origin, absl::Duration now) {
  const uint64_t id = next_id_++;
  auto connection = std::make_unique<Connection>(id, std::move(net), std::move(origin), now);
  return connections_.emplace(id, std::move(connection)).first->second.get();
}

Connection* ConnectionTable::Find(uint64_t id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() || found->second->dead ? nullptr : found->second.get();
}

bool ConnectionTable::Retire(Connection* connection) {
  if (std::exchange(connection->dead, true)) return false;
  retired_.push_back(connection->id);
  return true;
}

void ConnectionTable::Bury() {
  for (const uint64_t id : retired_) connections_.erase(id);
  retired_.clear();
}

void ConnectionTable::Clear() {
  connections_.clear();
  retired_.clear();
}

std::vector<uint64_t> ConnectionTable::ids() const {
  std::vector<uint64_t> ids;
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  return ids;
}

void ConnectionTable::ForEach(absl::FunctionRef<void(Connection*)> each) const {
  for (const auto& [id, connection] : connections_) {
    if (!connection->dead) each(connection.get());
  }
}

}  // namespace orch::hub
