#include "auth/key.h"

#include <openssl/crypto.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "auth/fast_hmac.h"

namespace orch::auth {

absl::string_view PeerKindName(PeerKind kind) {
  switch (kind) {
    case PeerKind::kNode:
      return "node";
    case PeerKind::kClient:
      return "client";
    case PeerKind::kToken:
      return "token";
    case PeerKind::kLogin:
      return "login";
    case PeerKind::kOidc:
      break;
  }
  return "oidc";
}

bool ParsePeerKind(absl::string_view name, PeerKind* kind) {
  for (const PeerKind known :
       {PeerKind::kNode, PeerKind::kClient, PeerKind::kToken, PeerKind::kLogin, PeerKind::kOidc}) {
    *kind = known;
    if (name == PeerKindName(known)) return true;
  }
  return false;
}

void Wipe(std::string* text) { OPENSSL_cleanse(text->data(), text->size()); }

Key::~Key() { Wipe(&bytes); }

Key& Key::operator=(const Key& other) {
  if (this == &other) return *this;
  Wipe(&bytes);
  id = other.id;
  bytes = other.bytes;
  terms = other.terms;
  return *this;
}

Key& Key::operator=(Key&& other) noexcept {
  if (this == &other) return *this;
  Wipe(&bytes);
  id = std::move(other.id);
  bytes = std::move(other.bytes);
  terms = other.terms;
  return *this;
}

std::string TermsText(const KeyTerms& terms) {
  return terms == KeyTerms() ? "" : absl::StrCat("/", terms.generation, "/", terms.expires_s);
}

bool ParseTerms(absl::string_view generation, absl::string_view expires_s, KeyTerms* terms) {
  return absl::SimpleAtoi(generation, &terms->generation) && absl::SimpleAtoi(expires_s, &terms->expires_s) &&
         terms->generation <= kMaxGeneration && terms->expires_s >= 0 && terms->expires_s <= kMaxExpiryS &&
         TermsText(*terms) == absl::StrCat("/", generation, "/", expires_s);
}

std::string ExpiryText(int64_t expires_s) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(expires_s), absl::UTCTimeZone());
}

std::string DeriveKey(absl::string_view psk, PeerKind kind, absl::string_view name, const KeyTerms& terms) {
  const absl::string_view zero("\0", 1);
  std::string info = absl::StrCat(PeerKindName(kind), zero, name);
  if (terms != KeyTerms()) absl::StrAppend(&info, zero, terms.generation, zero, terms.expires_s);
  // HKDF-SHA256 without salt, of one block. A hub derives the key of each peer that connects.
  info += '\x01';
  constexpr char kNoSalt[kKeyBytes] = {};
  Digest32 secret = FastHmacSha256({kNoSalt, sizeof kNoSalt}, psk);
  std::string key(View(FastHmacSha256(View(secret), info)));
  OPENSSL_cleanse(secret.data(), secret.size());
  return key;
}

std::string TlsKey(absl::string_view derived_key) {
  return std::string(View(FastHmacSha256(derived_key, "orch-tls-psk-v1")));
}

}  // namespace orch::auth
