#include "auth/peer.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/names.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kScheme = "orch1";
constexpr absl::string_view kHoldsKey = "key";
constexpr absl::string_view kHoldsPsk = "psk";
constexpr size_t kMaxIdentityBytes = 512;
constexpr int64_t kMicrosASecond = 1'000'000;

}  // namespace

bool Peer::Is(PeerKind kind) const {
  switch (kind) {
    case PeerKind::kNode:
      return node;
    case PeerKind::kClient:
      return client;
    case PeerKind::kToken:
      return token || (node && proof == Proof::kCertificate);
    case PeerKind::kLogin:
      return login;
    case PeerKind::kOidc:
      break;
  }
  return oidc;
}

std::string Peer::CallerId() const {
  switch (proof) {
    case Proof::kKey:
    case Proof::kPsk:
      return absl::StrCat(PeerKindName(IdentityOf(*this).kind), "=", name);
    case Proof::kCertificate:
      return absl::StrCat("cert=", name);
    case Proof::kUser:
      break;
  }
  return absl::StrCat("user=", name);
}

absl::string_view ProofName(Proof proof) {
  switch (proof) {
    case Proof::kKey:
      return "key";
    case Proof::kPsk:
      return "psk";
    case Proof::kCertificate:
      return "certificate";
    case Proof::kUser:
      break;
  }
  return "user";
}

std::string PskIdentity::Text() const {
  return absl::StrCat(kScheme, "/", PeerKindName(kind), "/", name, "/", key_id, "/", whole_psk ? kHoldsPsk : kHoldsKey,
                      TermsText(terms));
}

bool PskIdentity::Parse(absl::string_view text, PskIdentity* identity) {
  if (text.size() > kMaxIdentityBytes) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if ((parts.size() != 5 && parts.size() != 7) || parts[0] != kScheme) return false;
  if (!ParsePeerKind(parts[1], &identity->kind)) return false;
  if (!IsPeerName(identity->kind, parts[2]) || !IsKeyId(parts[3])) return false;
  if (parts[4] != kHoldsKey && parts[4] != kHoldsPsk) return false;
  identity->name = std::string(parts[2]);
  identity->key_id = std::string(parts[3]);
  identity->whole_psk = parts[4] == kHoldsPsk;
  identity->terms = KeyTerms();
  const bool may_hold_psk = identity->kind == PeerKind::kNode || identity->kind == PeerKind::kClient;
  if (identity->whole_psk && (parts.size() == 7 || !may_hold_psk)) return false;
  return parts.size() == 5 || ParseTerms(parts[5], parts[6], &identity->terms);
}

Peer PeerOf(const PskIdentity& identity, std::string key_mark) {
  Peer peer;
  peer.name = identity.name;
  peer.node = identity.kind == PeerKind::kNode;
  peer.client = identity.kind == PeerKind::kClient || identity.kind == PeerKind::kOidc;
  peer.token = identity.kind == PeerKind::kToken;
  peer.login = identity.kind == PeerKind::kLogin;
  peer.oidc = identity.kind == PeerKind::kOidc;
  peer.proof = identity.whole_psk ? Proof::kPsk : Proof::kKey;
  peer.key_id = identity.key_id;
  peer.key_mark = std::move(key_mark);
  peer.key_generation = identity.terms.generation;
  peer.key_expires_us = identity.terms.expires_s * kMicrosASecond;
  return peer;
}

PskIdentity IdentityOf(const Peer& peer) {
  PskIdentity identity;
  identity.kind = peer.node    ? PeerKind::kNode
                  : peer.token ? PeerKind::kToken
                  : peer.login ? PeerKind::kLogin
                  : peer.oidc  ? PeerKind::kOidc
                               : PeerKind::kClient;
  identity.name = peer.name;
  identity.key_id = peer.key_id;
  identity.whole_psk = peer.proof == Proof::kPsk;
  identity.terms = {peer.key_generation, peer.key_expires_us / kMicrosASecond};
  return identity;
}

}  // namespace orch::auth
