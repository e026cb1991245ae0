// A peer's connection to the hub. It resolves the name, connects, authenticates both sides, and only then gives gRPC
// one end of a socket pair whose bytes it carries through TLS; without TLS, gRPC gets the connection itself. Its memory
// and time are bounded whoever answers at the address. Owns one thread while it connects and carries. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/net/address.h"
#include "base/net/tunnel_security.h"
#include "base/unique_fd.h"

namespace orch {

class Tunnel {
 public:
  static constexpr size_t kMaxLineBytes = 1024;

  struct Opened {
    UniqueFd channel;     // for gRPC, non-blocking
    std::string session;  // metadata for every call if there is no TLS; else empty
  };
  // Called once, on the tunnel's thread, unless the tunnel is destroyed first. Must not block.
  using OnOpen = std::function<void(absl::StatusOr<Opened>)>;

  // `limit` bounds the time until it is open. Errors name the address, the step that failed and what to check.
  static std::unique_ptr<Tunnel> Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                       absl::Duration limit, OnOpen on_open);
  // Ends the connection. Does not wait for a name lookup.
  ~Tunnel();

  // Why an open tunnel ended, if TLS or a bound of this side was the cause; else OK.
  absl::Status reason() const;

 private:
  struct State;
  explicit Tunnel(std::shared_ptr<State> state);
  const std::shared_ptr<State> state_;
};

}  // namespace orch
