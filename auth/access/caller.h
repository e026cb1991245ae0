// Who makes a request, as rules see it. A plain value; made of a proved Peer.
#pragma once

#include <string>
#include <vector>

#include "auth/peer.h"

namespace orch::auth {

struct Caller {
  std::string id;                        // "client=alice", "cert=deploy", "user=bob", "oidc=alice"
  std::vector<std::string> unix_groups;  // of a user on the hub's host, by name
  std::vector<std::string> oidc_groups;  // of somebody who has logged in, as the OpenID provider told them
};

inline Caller CallerOf(const Peer& peer) { return {peer.CallerId(), peer.unix_groups, peer.oidc_groups}; }

}  // namespace orch::auth
