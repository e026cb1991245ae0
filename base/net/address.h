// Parses the addresses of configuration files and command lines, for all three programs.
//
//   hub.example.com:61613   127.0.0.1   [2001:db8::7]:61613   2001:db8::7   unix:/run/orch/hub.sock
//
// A missing port means kDefaultPort. Pure; resolves no names.
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
  uint16_t port = 0;  // 0 only after ParseListenAddress
  std::string path;   // absolute; only for a unix socket

  // Returns a text that parses to the same address: "[::1]:61613", "unix:/run/orch/hub.sock".
  std::string Text() const;
  // Whether this is a loopback address, "localhost" or a unix socket. Only these may be used without TLS.
  bool IsLocal() const;
};

// An address to connect to. InvalidArgument tells the fault and the form of an address.
absl::StatusOr<Address> ParseAddress(absl::string_view text);
// An address to listen on; port 0 is allowed and means any free port.
absl::StatusOr<Address> ParseListenAddress(absl::string_view text);

// FailedPrecondition unless the address is local (IsLocal).
absl::Status CheckPlaintextAddress(const Address& address);

}  // namespace orch
