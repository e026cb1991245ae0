#include "auth/clear_prologue.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kHubTag = "orch-clear-hub-v1";
constexpr absl::string_view kPeerTag = "orch-clear-peer-v1";

std::string ProofHex(absl::string_view tls_key, absl::string_view tag, absl::string_view identity,
                     absl::string_view peer_nonce, absl::string_view hub_nonce) {
  return absl::BytesToHexString(
      HmacSha256(tls_key, absl::StrCat(tag, "\n", identity, "\n", peer_nonce, "\n", hub_nonce)));
}

}  // namespace

std::string HubProof(absl::string_view tls_key, absl::string_view identity, absl::string_view peer_nonce,
                     absl::string_view hub_nonce) {
  return ProofHex(tls_key, kHubTag, identity, peer_nonce, hub_nonce);
}

std::string PeerProof(absl::string_view tls_key, absl::string_view identity, absl::string_view peer_nonce,
                      absl::string_view hub_nonce) {
  return ProofHex(tls_key, kPeerTag, identity, peer_nonce, hub_nonce);
}

}  // namespace orch::auth
