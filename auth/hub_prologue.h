// The hub's side of the prologue of clear_prologue.h: a state machine that takes the peer's lines and gives the hub's
// answers. Does no I/O. One thread; the HubTls it was given must outlive it.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "auth/peer.h"
#include "auth/refusal.h"
#include "base/random.h"

namespace orch::auth {

class HubPrologue {
 public:
  // `is_local` tells that this is a unix socket. `user` is the peer's user as the kernel names it; empty if the kernel
  // names none, or one who may not use the hub. `session` is what the peer's calls must carry afterwards.
  HubPrologue(const HubTls* tls, bool is_local, std::string user, std::string session, Random* random);

  enum class State { kTalking, kProven, kRefused };
  // Takes a line of the peer and sets the answer, without a line break. After kRefused, rejection() tells the reason,
  // and the answer tells it to the peer.
  State OnLine(absl::string_view line, std::string* answer);
  const Peer& peer() const { return peer_; }
  const Rejection& rejection() const { return rejection_; }
  // Called when the peer has hung up. True if it did so because of the hub's proof, that is, because the keys differ;
  // rejection() then tells that.
  bool OnHangUp();

 private:
  State Refuse(Refusal refusal, absl::string_view name, absl::string_view detail, std::string* answer);
  State OnFirst(absl::string_view line, std::string* answer);
  State OnProof(absl::string_view line, std::string* answer);

  const HubTls* const tls_;
  const bool is_local_;
  const std::string user_;
  const std::string session_;
  Random* const random_;
  bool first_ = true;
  std::string expected_;  // the proof that the peer must send; empty before it named itself
  Peer peer_;
  Rejection rejection_;
};

}  // namespace orch::auth
