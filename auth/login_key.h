// The login key of a site, "KEY_ID.HANDSHAKE_KEY.HUB_KEY" with the last two in hexadecimal: every workstation whose
// users may log in has it in its client.yaml. It opens a connection on which one may log in, and do nothing else, so it
// is no secret between the users of a site. Its third part is the hub's public key, by which a workstation knows the
// hub even from others that hold the same login key (auth/sealed_answer.h). It follows from the hub's PSK of that id.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/keyring.h"

namespace orch::auth {

inline constexpr char kLoginName[] = "login";  // the name that every peer has on a connection for logging in

struct LoginKey {
  std::string key_id;
  std::string handshake;   // 32 bytes: the derived key of the peer "login"
  std::string hub_public;  // 32 bytes: X25519

  std::string Text() const;
};
// InvalidArgument without a word of the text.
absl::StatusOr<LoginKey> ParseLoginKey(absl::string_view text);

// The login key of the first PSK for clients. FailedPrecondition if there is none.
absl::StatusOr<LoginKey> MakeLoginKey(const Keyring& keyring);
// The private key of the hub for that login key: 32 bytes, X25519. NotFound if the PSK is gone.
absl::StatusOr<std::string> HubPrivateKey(const Keyring& keyring, absl::string_view key_id);

}  // namespace orch::auth
