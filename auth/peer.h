// Who is at the other end of a connection, as its handshake has proved it. A plain value; holds no secret.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/keyring.h"

namespace orch::auth {

enum class Proof {
  kKey,          // a derived key, which fits this one peer only
  kPsk,          // the whole pre-shared key, as the peer says itself
  kCertificate,  // a client certificate that chains to the CA in force
  kUser,         // the kernel's word for the process at the other end of a unix socket
};

struct Peer {
  std::string name;     // identity of a node, name of a client or user
  bool node = false;    // may attach as this node
  bool client = false;  // may ask and command
  Proof proof = Proof::kKey;
  std::string key_id;    // of kKey and kPsk
  std::string key_mark;  // SHA-256 of the TLS key it used, to tell when another takes its place
  // Of kCertificate, the leaf first: looked at again when the CA or its revocation list changes.
  std::vector<std::string> chain_der;

  bool Is(PeerKind kind) const { return kind == PeerKind::kNode ? node : client; }
  // How audit, logs and replies name it: "node=web1", "client=deploy", "cert=web1", "user=root".
  std::string CallerId() const;
};

// "key", "psk", "certificate", "user".
absl::string_view ProofName(Proof proof);

// The identity a peer names in its ClientHello: "orch1/KIND/NAME/KEY_ID/HOLDS". HOLDS is "key" or "psk".
struct PskIdentity {
  PeerKind kind = PeerKind::kClient;
  std::string name;
  std::string key_id;
  bool whole_psk = false;

  std::string Text() const;
  // False for anything Text could not have made.
  static bool Parse(absl::string_view text, PskIdentity* identity);
};

}  // namespace orch::auth
