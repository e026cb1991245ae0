// The way in which one connection of a tunnel proves both of its sides. The tunnel owns it and calls it on the tunnel's
// thread only.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/net/tls_pump.h"

namespace orch {

class TunnelSecurity {
 public:
  virtual ~TunnelSecurity() = default;
  virtual bool in_clear() const = 0;

  // With TLS: BeginTls makes a connection in connect state, CheckTls decides after the handshake whether the other side
  // is the hub, and ExplainTls turns a failure into a message (`error` is OpenSSL's packed error, 0 if the other side
  // hung up).
  virtual absl::StatusOr<SslPtr> BeginTls() = 0;
  virtual absl::Status CheckTls(SSL* ssl) = 0;
  virtual absl::Status ExplainTls(unsigned long error) = 0;  // NOLINT: OpenSSL's type

  // In clear: the two sides exchange lines, beginning with FirstLine, until a step is done. Lines have no line breaks.
  struct Step {
    bool done = false;
    std::string say;      // the next line to send if not done
    std::string session;  // metadata for every call if done
  };
  virtual std::string FirstLine() = 0;
  virtual absl::StatusOr<Step> OnLine(absl::string_view line) = 0;
};

}  // namespace orch
