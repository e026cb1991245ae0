// The token with which a node enrols: "ID.SECRET". The hub keeps SHA-256 of the secret only, and both sides derive the
// key of one TLS handshake from this hash. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/key.h"
#include "base/random.h"

namespace orch::auth {

inline constexpr size_t kTokenIdDigits = 12;      // hexadecimal
inline constexpr size_t kTokenSecretDigits = 64;  // hexadecimal
inline constexpr char kTokenKeyId[] = "token";    // the key id in the identity of a peer that shows a token

struct Token {
  std::string id;
  std::string secret;  // never printed but once, by the command that makes it

  std::string Text() const;
};
Token NewToken(Random* random);
// InvalidArgument without a word of the text, which is a secret.
absl::StatusOr<Token> ParseToken(absl::string_view text);

std::string TokenHash(absl::string_view secret);  // 32 bytes
// The key that stands where a derived key does.
std::string KeyOfTokenHash(absl::string_view hash, absl::string_view id);

// The id of a node's own key, which follows from the key, so that a repeated enrolment has the same result.
std::string OwnKeyId(absl::string_view key);

}  // namespace orch::auth
