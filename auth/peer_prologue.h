// The peer's side of the prologue of clear_prologue.h: a state machine that takes the hub's lines and gives the peer's.
// Does no I/O. One thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/keyring.h"
#include "auth/peer.h"
#include "base/random.h"

namespace orch::auth {

class PeerPrologue {
 public:
  // The peer proves itself with a key, or as a local user of the hub's machine.
  PeerPrologue(PskIdentity identity, absl::string_view derived_key, Random* random);
  explicit PeerPrologue(absl::string_view user);

  // Lines have no line breaks.
  std::string FirstLine() const;
  struct Step {
    bool done = false;
    std::string say;      // the next line to send, if not done
    std::string session;  // if done; empty over a unix socket
  };
  // Takes a line of the hub. Unauthenticated if the hub does not prove itself or refuses the peer; FailedPrecondition
  // if the other side is no hub.
  absl::StatusOr<Step> OnLine(absl::string_view line);

 private:
  enum class State { kAwaitProof, kAwaitOk, kDone };

  const bool by_user_;
  const PskIdentity identity_;
  std::string tls_key_;
  std::string nonce_;
  State state_;
};

}  // namespace orch::auth
