#include "auth/login_key.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/names.h"
#include "auth/sealed_answer.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

// A name that no peer can have, so that its derived key is the hub's own.
constexpr char kHubName[] = "hub";

}  // namespace

std::string LoginKey::Text() const {
  return absl::StrCat(key_id, ".", absl::BytesToHexString(handshake), ".", absl::BytesToHexString(hub_public));
}

absl::StatusOr<LoginKey> ParseLoginKey(absl::string_view text) {
  // The id may contain dots.
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  LoginKey key;
  if (parts.size() >= 3 && DecodeHex(parts[parts.size() - 2], kKeyBytes, &key.handshake) &&
      DecodeHex(parts.back(), kKeyBytes, &key.hub_public)) {
    key.key_id = std::string(text.substr(0, text.size() - parts[parts.size() - 2].size() - parts.back().size() - 2));
    if (IsKeyId(key.key_id)) return key;
  }
  return absl::InvalidArgumentError(absl::StrCat("the login key is not whole (", text.size(),
                                                 " bytes); copy the whole line that 'orch-hub key login' printed"));
}

absl::StatusOr<LoginKey> MakeLoginKey(const Keyring& keyring) {
  ORCH_ASSIGN_OR_RETURN(const Key handshake, keyring.NewKey(PeerKind::kLogin, kLoginName));
  ORCH_ASSIGN_OR_RETURN(std::string hub_private, HubPrivateKey(keyring, handshake.id));
  absl::StatusOr<std::string> hub_public = SealedAnswer::PublicKeyOf(hub_private);
  Wipe(&hub_private);
  if (!hub_public.ok()) return hub_public.status();
  return LoginKey{handshake.id, handshake.bytes, *std::move(hub_public)};
}

absl::StatusOr<std::string> HubPrivateKey(const Keyring& keyring, absl::string_view key_id) {
  return keyring.DerivedKey(key_id, PeerKind::kLogin, kHubName);
}

}  // namespace orch::auth
