// The identity of the other end of a connection, as its handshake has proved it. A plain value; holds no secret.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/key.h"
#include "auth/labels.h"

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
  bool token = false;   // may enrol one node, and nothing else; `name` is the token's id
  bool login = false;   // may log somebody in, and nothing else
  bool oidc = false;    // a client that is somebody who has logged in
  Proof proof = Proof::kKey;
  std::string key_id;                    // for kKey and kPsk
  std::string key_mark;                  // SHA-256 of its TLS key; shows when the hub has replaced the key
  uint32_t key_generation = 0;           // for kKey
  int64_t key_expires_us = 0;            // for kKey: microseconds since 1970; 0: never
  Labels labels;                         // for kCertificate: those that the certificate names
  std::vector<std::string> unix_groups;  // for kUser: the groups of the user, by name
  std::vector<std::string> oidc_groups;  // with `oidc`: the groups that the OpenID provider told
  // For kCertificate, the leaf first; checked again when the CA or its revocation list changes.
  std::vector<std::string> chain_der;

  // Who may enrol (kToken) is a token, or a node that a certificate has proved.
  bool Is(PeerKind kind) const;
  // The name in audit, logs and replies: "node=web1", "client=deploy", "oidc=alice", "cert=web1", "user=root".
  std::string CallerId() const;
};

// "key", "psk", "certificate", "user".
absl::string_view ProofName(Proof proof);

// The PSK identity that a peer sends in its ClientHello: "orch1/KIND/NAME/KEY_ID/HOLDS", and for a
// key with terms "/GENERATION/EXPIRES_UNIX_S" behind it. HOLDS is "key", or of a node or client "psk".
struct PskIdentity {
  PeerKind kind = PeerKind::kClient;
  std::string name;
  std::string key_id;
  bool whole_psk = false;
  KeyTerms terms;  // none with a whole PSK

  std::string Text() const;
  // False for every text that Text cannot return.
  static bool Parse(absl::string_view text, PskIdentity* identity);
};

// The peer that has proved a key, and the identity that such a peer showed.
Peer PeerOf(const PskIdentity& identity, std::string key_mark);
PskIdentity IdentityOf(const Peer& peer);

}  // namespace orch::auth
