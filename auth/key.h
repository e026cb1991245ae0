// A key of a peer, and how it is derived. Plain values and pure functions. A key is never printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace orch::auth {

enum class PeerKind {
  kNode,
  kClient,
  kToken,  // the peer of one connection, on which a node enrols
  kLogin,  // the peer of one connection, on which somebody logs in; its name is kLoginName (login_key.h)
  kOidc,   // somebody who has logged in: asks and commands as a client does
};
absl::string_view PeerKindName(PeerKind kind);  // "node", "client", "token", "login", "oidc"
bool ParsePeerKind(absl::string_view name, PeerKind* kind);
// Whether a peer of that kind can be banned: a node, a client, or somebody who has logged in.
inline bool CanBeBanned(PeerKind kind) {
  return kind == PeerKind::kNode || kind == PeerKind::kClient || kind == PeerKind::kOidc;
}

inline constexpr size_t kKeyBytes = 32;
inline constexpr uint32_t kMaxGeneration = 1'000'000;
inline constexpr int64_t kMaxExpiryS = 253'402'300'799;  // the end of the year 9999

// What a derived key is bound to besides its name. Both are in the peer's identity, so that the hub stores nothing.
struct KeyTerms {
  uint32_t generation = 0;  // the hub may refuse keys of generations before a number
  int64_t expires_s = 0;    // seconds since 1970, by the hub's clock; 0: never
  bool operator==(const KeyTerms&) const = default;
};
// Returns "" for no terms, else "/GENERATION/EXPIRES_UNIX_S" in canonical decimals.
std::string TermsText(const KeyTerms& terms);
// Reads the two decimals. False for every text that TermsText cannot contain.
bool ParseTerms(absl::string_view generation, absl::string_view expires_s, KeyTerms* terms);
// "2027-01-03T12:00:00Z".
std::string ExpiryText(int64_t expires_s);

// A key and the id of its PSK. Its destructor wipes the bytes.
struct Key {
  std::string id;
  std::string bytes;  // 32
  KeyTerms terms;

  Key() = default;
  Key(std::string id, std::string bytes, KeyTerms terms = {})
      : id(std::move(id)), bytes(std::move(bytes)), terms(terms) {}
  Key(const Key&) = default;
  Key(Key&&) = default;
  Key& operator=(const Key& other);
  Key& operator=(Key&& other) noexcept;
  ~Key();
};

// Overwrites the bytes of the text in memory.
void Wipe(std::string* text);

// Returns the derived key of a peer, HKDF-SHA256(psk, info = kind ‖ 0x00 ‖ name), which signs its envelopes. With terms
// the info goes on with 0x00 ‖ generation ‖ 0x00 ‖ expiry, in canonical decimals.
std::string DeriveKey(absl::string_view psk, PeerKind kind, absl::string_view name, const KeyTerms& terms = {});
// Returns the key of its TLS handshakes, HMAC-SHA256(derived key, "orch-tls-psk-v1"), which signs nothing.
std::string TlsKey(absl::string_view derived_key);

}  // namespace orch::auth
