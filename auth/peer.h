// The identity of the other end of a connection, as its handshake has proved it. A plain value; holds no secret.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/keyring.h"

namespace orch::auth {

enum class Proof {
  kKey,          // a derived key, which fits this peer only
  kPsk,          // a whole pre-shared key, by the peer's own statement
  kCertificate,  // a client certificate that chains to the CA in force
  kUser,         // the kernel names the user at the other end of a unix socket
};

struct Peer {
  std::string name;     // identity of a node, name of a client or user
  bool node = false;    // may attach as this node
  bool client = false;  // may ask and command
  Proof proof = Proof::kKey;
  std::string key_id;    // for kKey and kPsk
  std::string key_mark;  // SHA-256 of its TLS key; shows when the hub has replaced the key
  // For kCertificate, the leaf first; checked again when the CA or its revocation list changes.
  std::vector<std::string> chain_der;

  bool Is(PeerKind kind) const { return kind == PeerKind::kNode ? node : client; }
  // The name in audit, logs and replies: "node=web1", "client=deploy", "cert=web1", "user=root".
  std::string CallerId() const;
};

// "key", "psk", "certificate", "user".
absl::string_view ProofName(Proof proof);

// The PSK identity that a peer sends in its ClientHello: "orch1/KIND/NAME/KEY_ID/HOLDS". HOLDS is "key" or "psk".
struct PskIdentity {
  PeerKind kind = PeerKind::kClient;
  std::string name;
  std::string key_id;
  bool whole_psk = false;

  std::string Text() const;
  // False for every text that Text cannot return.
  static bool Parse(absl::string_view text, PskIdentity* identity);
};

}  // namespace orch::auth
