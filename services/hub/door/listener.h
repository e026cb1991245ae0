// The sockets that the hub listens on, and the names of the peers that connect to them. Free functions; keep nothing.
#pragma once

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/net/address.h"
#include "base/unique_fd.h"

namespace orch::hub {

struct Listener {
  UniqueFd fd;        // non-blocking
  std::string bound;  // with the port that was really taken: "127.0.0.1:61613", "unix:/run/orch/hub.sock"
  bool is_unix = false;
};
// Binds and listens. Unavailable names the address and the reason. A unix socket at which another program answers is
// not touched (FailedPrecondition); one that no program uses any more is replaced. The members of `group` may open a
// unix socket, besides its owner; when `group` is empty, nobody else may.
absl::StatusOr<Listener> ListenOn(const Address& address, const std::string& group);

// The peer of a TCP socket: "203.0.113.7:4711" for people, and the name that gRPC has for it.
struct RemoteName {
  std::string text;
  std::string grpc;  // "ipv4:203.0.113.7:4711", "ipv6:%5B::1%5D:4711"
};
RemoteName RemoteNameOf(const sockaddr_storage& address);

}  // namespace orch::hub
