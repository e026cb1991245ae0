// A node's or client's side of a channel: signs each RPC, bound to the certificate that channel's
// connection was really shown, and checks the hub's proof. Once a proof was checked, calls over a
// connection with any other certificate fail before a byte of the request is sent.
#pragma once

#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth/call_credential.h"
#include "auth/keyring.h"
#include "base/clock.h"
#include "base/random.h"

namespace orch::auth {

// One signed call. Thread-safe.
class SignedCall {
 public:
  virtual ~SignedCall() = default;
  // Unauthenticated when the proof does not fit: wrong key on one side, or somebody in between.
  virtual absl::Status CheckProof(absl::string_view proof_hex) = 0;
};

// Thread-safe; outlives its calls.
class CallSigner {
 public:
  // `plaintext`: the transport has no certificate (loopback or unix socket only). `ca_verified`: the
  // channel itself verifies the hub by a CA, so calls before Hello are fine.
  static std::unique_ptr<CallSigner> Create(PeerKind kind, std::string name, Key key, bool plaintext, bool ca_verified,
                                            const Clock* clock, Random* random);
  virtual ~CallSigner() = default;

  // Adds the credential for `method` ("/orch.v1.Orchestrator/Invoke") to the context, before the
  // call is started. `first`: the call that asks for the proof (Hello, Attach): allowed before one,
  // and over a new certificate, as it carries nothing that matters. Any other call fails (see
  // ExplainCallError) until a proof for its connection's certificate was checked. Sets the
  // context's call credentials; the credential itself is made when the call has its connection.
  virtual std::shared_ptr<SignedCall> Sign(absl::string_view method, bool first, grpc::ClientContext* context) = 0;
};

}  // namespace orch::auth
