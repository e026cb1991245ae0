#include "auth/peer.h"

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

}  // namespace

std::string Peer::CallerId() const {
  switch (proof) {
    case Proof::kKey:
    case Proof::kPsk:
      return absl::StrCat(PeerKindName(node ? PeerKind::kNode : PeerKind::kClient), "=", name);
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
  return absl::StrCat(kScheme, "/", PeerKindName(kind), "/", name, "/", key_id, "/", whole_psk ? kHoldsPsk : kHoldsKey);
}

bool PskIdentity::Parse(absl::string_view text, PskIdentity* identity) {
  if (text.size() > kMaxIdentityBytes) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() != 5 || parts[0] != kScheme) return false;
  if (parts[1] == PeerKindName(PeerKind::kNode)) {
    identity->kind = PeerKind::kNode;
  } else if (parts[1] == PeerKindName(PeerKind::kClient)) {
    identity->kind = PeerKind::kClient;
  } else {
    return false;
  }
  if (!IsPeerName(identity->kind, parts[2]) || !IsKeyId(parts[3])) return false;
  if (parts[4] != kHoldsKey && parts[4] != kHoldsPsk) return false;
  identity->name = std::string(parts[2]);
  identity->key_id = std::string(parts[3]);
  identity->whole_psk = parts[4] == kHoldsPsk;
  return true;
}

}  // namespace orch::auth
