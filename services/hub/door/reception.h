// The table of open connections, by the name that gRPC has for their end: says which peer makes a call. Admits calls
// within the share of the peer's identity. Owned by the hub. Thread-safe; its lock is a leaf.
#pragma once

#include <grpcpp/server_context.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/peer.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "services/hub/door/admission.h"
#include "services/hub/door/refusals.h"
#include "services/hub/door/share_table.h"
#include "services/hub/door/visitor.h"

namespace orch::hub {

class Reception {
 public:
  // `max_calls`: limits.clients. `administrators`: the clients for which a reserve is kept, besides local users.
  Reception(const Clock* clock, Refusals* refusals, size_t max_calls, const std::vector<std::string>& administrators);

  // For gRPC's services: admits one call. `method`: for the log. Unauthenticated: the connection is over or the peer
  // may not make this call. ResourceExhausted: the share is used up. The last two are counted and logged.
  absl::StatusOr<Admission> Admit(const grpc::ServerContextBase& context, auth::PeerKind kind, CallSort sort,
                                  absl::string_view method);
  // The same for a call whose connection is known: that of a stream which the door serves.
  absl::StatusOr<Admission> Admit(const std::shared_ptr<Visitor>& visitor, auth::PeerKind kind, CallSort sort,
                                  absl::string_view method);

  // For the door: a connection takes a place in the share of its identity. ResourceExhausted when there is none; `*cut`
  // then names a connection of the same identity that should be closed instead: the oldest one of a node, an idle one
  // of a client.
  absl::StatusOr<std::shared_ptr<Visitor>> Enter(const std::string& grpc_name, auth::Peer peer, std::string address,
                                                 std::string session, uint64_t connection, uint64_t* cut);
  // For the door: the connection is over.
  void Leave(const std::string& grpc_name);

  struct Counts {
    size_t connections = 0;
    size_t nodes = 0;
    size_t clients = 0;
    std::map<std::string, uint32_t> by_proof;  // "key", "psk", "certificate", "user"
    std::vector<std::string> whole_psk;        // peers that hold a whole pre-shared key, at most kMaxNamed
  };
  static constexpr size_t kMaxNamed = 20;
  Counts counts() const;
  // Shows every peer that is connected. `each` runs under the lock, so it is short and calls nothing of the hub.
  void ForEachPeer(absl::FunctionRef<void(const auth::Peer&)> each) const;

 private:
  std::shared_ptr<Visitor> Find(const std::string& grpc_name) const;

  const Clock* const clock_;
  Refusals* const refusals_;
  const absl::flat_hash_set<std::string> administrators_;
  const std::shared_ptr<ShareTable> shares_;
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<Visitor>> visitors_ ABSL_GUARDED_BY(mu_);
  // The connections of each identity, oldest first.
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<Visitor>>> by_identity_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::hub
