// A peer's connection to the hub: looks up, connects, proves both sides to each other, and only then gives gRPC the end
// of a socket pair whose bytes it carries through TLS; where the transport goes in clear, gRPC gets the connection
// itself. Bounded before and after the proof, whoever answers at the address. Owns one thread while it connects and
// carries. Thread-safe.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/net/address.h"
#include "base/net/tls_pump.h"
#include "base/unique_fd.h"

namespace orch {

// How a connection proves itself. Used on the tunnel's thread, for one connection.
class TunnelSecurity {
 public:
  virtual ~TunnelSecurity() = default;
  virtual bool in_clear() const = 0;

  // TLS: a connection in connect state; whether its finished handshake has proved the hub; and what to tell of one
  // that failed (`error`: OpenSSL's packed error, 0 when the other side hung up).
  virtual absl::StatusOr<SslPtr> BeginTls() = 0;
  virtual absl::Status CheckTls(SSL* ssl) = 0;
  virtual absl::Status ExplainTls(unsigned long error) = 0;  // NOLINT: OpenSSL's type

  // In clear: lines are exchanged, the first is this side's, until a step is done. Without line breaks.
  struct Step {
    bool done = false;
    std::string say;
    std::string session;
  };
  virtual std::string FirstLine() = 0;
  virtual absl::StatusOr<Step> OnLine(absl::string_view line) = 0;
};

class Tunnel {
 public:
  static constexpr size_t kMaxLineBytes = 1024;

  struct Opened {
    UniqueFd channel;     // for gRPC, non-blocking
    std::string session;  // what calls carry as metadata where there is no TLS; else empty
  };
  // Called once, on the tunnel's thread, unless the tunnel is destroyed before. Must not block.
  using OnOpen = std::function<void(absl::StatusOr<Opened>)>;

  // `limit`: until it is open. Errors name the address, what failed and what to look at.
  static std::unique_ptr<Tunnel> Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                       absl::Duration limit, OnOpen on_open);
  // Ends the connection. Does not wait for a name that is being looked up.
  ~Tunnel();

  // Why an open tunnel ended, if TLS or this side's bounds were the cause.
  absl::Status reason() const;

 private:
  struct State;
  explicit Tunnel(std::shared_ptr<State> state);
  const std::shared_ptr<State> state_;
};

}  // namespace orch
