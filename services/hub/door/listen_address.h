// Sockets by name: how a listen address becomes one, and how a peer's address is written.
#pragma once

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"

namespace orch::hub {

struct PeerName {
  std::string peer;    // as gRPC writes it, unescaped: "ipv4:127.0.0.1:4711", "ipv6:[::1]:4711"
  std::string source;  // the address alone
};
// A v4 address mapped into v6 is named as v4, as gRPC does.
PeerName PeerNameOf(const sockaddr_storage& address);

// A listening socket on "address:port" (IPv6 in brackets), non-blocking; the caller's to close.
// `*bound` gets the address with the port that was really taken. Errors name the address.
absl::StatusOr<int> ListenOn(const std::string& address, std::string* bound);

}  // namespace orch::hub
