// All connections at the door, by number. Owns them: a connection that is retired is found no more, but its object
// lives until Bury, because somebody up the stack may still hold it. Door's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "base/unique_fd.h"
#include "services/hub/door/connection.h"

namespace orch::hub {

class ConnectionTable {
 public:
  // A new connection under a number that was never used before.
  Connection* Add(UniqueFd net, Connection::Origin origin, absl::Duration now);
  // Null when there is no such connection, or when it is retired.
  Connection* Find(uint64_t id) const;
  // False when it was retired already.
  bool Retire(Connection* connection);
  bool has_retired() const { return !retired_.empty(); }
  // Destroys the retired connections.
  void Bury();
  // Destroys all connections.
  void Clear();

  std::vector<uint64_t> ids() const;
  // Calls `each` for every connection that is not retired; `each` may retire it, but add none.
  void ForEach(absl::FunctionRef<void(Connection*)> each) const;

 private:
  absl::flat_hash_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<uint64_t> retired_;
  uint64_t next_id_ = 1;
};

}  // namespace orch::hub
