// Sockets the hub listens on. Free functions; own nothing.
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
// Unavailable names the address and the reason. A unix socket at which another program still answers is left alone
// (FailedPrecondition); one that was left behind is replaced. `group` may open a unix socket beside its owner; empty:
// nobody else.
absl::StatusOr<Listener> ListenOn(const Address& address, const std::string& group);

// The other side of a TCP socket: "203.0.113.7:4711" for people, and as gRPC names it.
struct RemoteName {
  std::string text;
  std::string grpc;  // "ipv4:203.0.113.7:4711", "ipv6:%5B::1%5D:4711"
};
RemoteName RemoteNameOf(const sockaddr_storage& address);

// The name of the user at the other end of a unix socket, if it may ask: root, the hub's own user, or a member of
// `group`. Empty for others.
std::string LocalUserOf(int fd, const std::string& group);

}  // namespace orch::hub
