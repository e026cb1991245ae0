// The first words on a connection that goes without TLS: loopback and unix sockets. Before a byte reaches gRPC, the
// peer names itself and both sides prove that they hold its key; over a unix socket the kernel's word for the peer may
// do instead. Lines of text, each side's pure state machine:
//
//   peer  orch1/KIND/NAME/KEY_ID/HOLDS PEER_NONCE        or, over a unix socket,   orch1/user
//   hub   hub HUB_NONCE HMAC(tls key, "orch-clear-hub-v1" \n IDENTITY \n PEER_NONCE \n HUB_NONCE)
//   peer  HMAC(tls key, "orch-clear-peer-v1" \n IDENTITY \n PEER_NONCE \n HUB_NONCE)
//   hub   ok SESSION       or at any time   no REASON
//
// Nonces and MACs are 64 hex digits. Every call over a TCP connection then carries SESSION in its metadata
// (kSessionHeader), so that a later connection from the same port is never taken for this one.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "auth/peer.h"
#include "base/random.h"

namespace orch::auth {

inline constexpr size_t kMaxPrologueLine = 640;  // without its line break
inline constexpr char kSessionHeader[] = "orch-session";

// The peer's side.
class PeerPrologue {
 public:
  // With a key, or as the local user.
  PeerPrologue(PskIdentity identity, absl::string_view derived_key, Random* random);
  explicit PeerPrologue(absl::string_view user);

  // Each line without its line break.
  std::string FirstLine() const;
  struct Step {
    bool done = false;
    std::string say;      // when not done
    std::string session;  // when done; empty over a unix socket
  };
  // Unauthenticated when the hub does not prove itself, or says no; FailedPrecondition when it is no hub.
  absl::StatusOr<Step> OnLine(absl::string_view line);

 private:
  enum class State { kAwaitProof, kAwaitOk, kDone };

  const bool by_user_;
  const PskIdentity identity_;
  std::string tls_key_;
  std::string nonce_;
  State state_;
};

// The hub's side. `session` is what the peer's calls must carry.
class HubPrologue {
 public:
  // `user`: who the kernel says is at the other end, empty when it says nothing or nobody who may ask.
  // `is_local`: whether the socket has a user at all.
  HubPrologue(const HubTls* tls, const Keyring* keyring, bool is_local, std::string user, std::string session,
              Random* random);

  enum class State { kTalking, kProven, kRefused };
  // What to answer, without a line break. kRefused: `rejection` says why, and the answer tells the peer.
  State OnLine(absl::string_view line, std::string* answer);
  const Peer& peer() const { return peer_; }
  const Rejection& rejection() const { return rejection_; }
  // The peer has hung up. True when the hub's proof was its reason, so that the keys differ; `rejection` says so.
  bool OnHangUp();

 private:
  State Refuse(Refusal refusal, absl::string_view name, absl::string_view detail, std::string* answer);
  State OnFirst(absl::string_view line, std::string* answer);
  State OnProof(absl::string_view line, std::string* answer);

  const HubTls* const tls_;
  const Keyring* const keyring_;
  const bool is_local_;
  const std::string user_;
  const std::string session_;
  Random* const random_;
  bool first_ = true;
  std::string expected_;  // the peer's proof
  Peer peer_;
  Rejection rejection_;
};

}  // namespace orch::auth
