// A peer's connection to the hub. It resolves the name, connects and authenticates both sides. Only then it carries the
// bytes of a TunnelEnd, or else gives gRPC one end of a socket pair whose bytes it carries through TLS; without TLS,
// gRPC gets the connection itself. Its memory and time are bounded whoever answers at the address. Owns one thread
// while it connects and carries. Thread-safe.
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
#include "base/net/inner_side.h"
#include "base/net/tunnel_security.h"
#include "base/unique_fd.h"

namespace orch {

// Speaks over a tunnel without gRPC. Everything is called on the tunnel's thread.
class TunnelEnd : public InnerSide {
 public:
  // Both sides have proved themselves, and bytes may pass. `session`: metadata for every call if there is no TLS.
  virtual void Begin(const std::string& session) = 0;
  // The last call. `why`: what ended the tunnel, if it was TLS or a bound of this side, or the tunnel could not be
  // opened; OK when the other side ended it.
  virtual void Over(const absl::Status& why) = 0;
};

class Tunnel {
 public:
  static constexpr size_t kMaxLineBytes = 1024;

  struct Opened {
    UniqueFd channel;     // for gRPC, non-blocking; invalid with a TunnelEnd
    std::string session;  // metadata for every call if there is no TLS; else empty
  };
  // Called once, on the tunnel's thread, unless the tunnel is destroyed first. Must not block.
  using OnOpen = std::function<void(absl::StatusOr<Opened>)>;

  // `limit` bounds the time until it is open. Errors name the address, the step that failed and what to check.
  static std::unique_ptr<Tunnel> Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                       absl::Duration limit, OnOpen on_open);
  // The same for a TunnelEnd, which is told how it goes.
  static std::unique_ptr<Tunnel> Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                       absl::Duration limit, std::unique_ptr<TunnelEnd> end);
  // Makes the thread carry what its TunnelEnd has now. The function may be called on any thread, also when the tunnel
  // is gone.
  std::function<void()> Waker() const;
  // Ends the connection. Does not wait for a name lookup.
  ~Tunnel();

  // Why an open tunnel ended, if TLS or a bound of this side was the cause; else OK.
  absl::Status reason() const;

 private:
  struct State;
  static std::unique_ptr<Tunnel> Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                       absl::Duration limit, OnOpen on_open, std::unique_ptr<TunnelEnd> end);
  explicit Tunnel(std::shared_ptr<State> state);
  const std::shared_ptr<State> state_;
};

}  // namespace orch
