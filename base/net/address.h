// Addresses as configuration files and command lines give them: the one parser of the three programs.
//
//   hub.example.com:61613   127.0.0.1   [2001:db8::7]:61613   2001:db8::7   unix:/run/orch/hub.sock
//
// A missing port is kDefaultPort. Pure; looks nothing up.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

inline constexpr uint16_t kDefaultPort = 61613;
inline constexpr size_t kMaxUnixPathBytes = 107;  // sun_path of sockaddr_un, without its last zero

struct Address {
  enum class Kind { kIpv4, kIpv6, kName, kUnix };
  Kind kind = Kind::kIpv4;
  std::string host;   // without brackets; empty for a unix socket
  uint16_t port = 0;  // 0 only where ParseListenAddress took it
  std::string path;   // absolute; only for a unix socket

  // What the parser reads as the same address: "[::1]:61613", "unix:/run/orch/hub.sock".
  std::string Text() const;
  // A loopback address, "localhost", or a unix socket: the only ones that may go without TLS.
  bool IsLocal() const;
};

// Where a peer connects to. InvalidArgument says what is wrong and what an address looks like.
absl::StatusOr<Address> ParseAddress(absl::string_view text);
// Where a server listens: port 0 is allowed and stands for any free one.
absl::StatusOr<Address> ParseListenAddress(absl::string_view text);

// FailedPrecondition unless the address is local.
absl::Status CheckPlaintextAddress(const Address& address);

}  // namespace orch
