#include "auth/token.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/names.h"
#include "base/digest.h"

namespace orch::auth {
namespace {

constexpr size_t kOwnKeyIdBytes = 6;

}  // namespace

std::string Token::Text() const { return absl::StrCat(id, ".", secret); }

Token NewToken(Random* random) {
  return {absl::BytesToHexString(random->Bytes(kTokenIdDigits / 2)),
          absl::BytesToHexString(random->Bytes(kTokenSecretDigits / 2))};
}

absl::StatusOr<Token> ParseToken(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  if (parts.size() == 2 && IsLowerHex(parts[0], kTokenIdDigits) && IsLowerHex(parts[1], kTokenSecretDigits)) {
    return Token{std::string(parts[0]), std::string(parts[1])};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the token is not whole: it has ", kTokenIdDigits, " hexadecimal digits, a dot and ", kTokenSecretDigits,
      " digits, and this text has ", text.size(), " bytes; copy the whole line that 'orchctl node token' printed"));
}

std::string TokenHash(absl::string_view secret) { return Sha256(secret); }

std::string KeyOfTokenHash(absl::string_view hash, absl::string_view id) {
  return DeriveKey(hash, PeerKind::kToken, id);
}

std::string OwnKeyId(absl::string_view key) {
  return absl::StrCat("own-", absl::BytesToHexString(HmacSha256(key, "orch-own-key-id-v1").substr(0, kOwnKeyIdBytes)));
}

}  // namespace orch::auth
