#include "auth/call_credential.h"

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "auth/fast_hmac.h"
#include "auth/names.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kVersion = "v1";
constexpr std::array<absl::string_view, 7> kFields = {"kind", "name", "key", "at", "nonce", "cert", "mac"};

absl::Status Wrong(absl::string_view field, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("credential: ", field, " must be ", expected));
}

// Values by position in kFields; each there exactly once.
absl::StatusOr<std::array<absl::string_view, kFields.size()>> SplitFields(absl::string_view header) {
  std::array<absl::string_view, kFields.size()> values;
  size_t found = 0;
  bool first = true;
  for (const absl::string_view word : absl::StrSplit(header, ' ')) {
    if (first) {
      if (word != kVersion)
        return absl::InvalidArgumentError("credential: it does not begin with 'v1', the only version known");
      first = false;
      continue;
    }
    const size_t equals = word.find('=');
    size_t index = 0;
    while (index < kFields.size() && (equals == absl::string_view::npos || kFields[index] != word.substr(0, equals)))
      ++index;
    if (index == kFields.size()) {
      return absl::InvalidArgumentError(absl::StrCat("credential: word ", found + 2, " is no field of v1 (",
                                                     absl::StrJoin(kFields, ", "),
                                                     "), or a second blank stands before it"));
    }
    if (values[index].data() != nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("credential: ", kFields[index], " stands twice"));
    }
    values[index] = word.substr(equals + 1);
    ++found;
  }
  for (size_t i = 0; i < kFields.size(); ++i) {
    if (values[i].data() == nullptr)
      return absl::InvalidArgumentError(absl::StrCat("credential: ", kFields[i], " is missing"));
  }
  return values;
}

absl::Status ParseTime(absl::string_view text, int64_t* at_us) {
  const bool digits = !text.empty() && text.size() <= 18 &&
                      text.find_first_not_of("0123456789") == absl::string_view::npos &&
                      (text[0] != '0' || text == "0");
  if (digits && absl::SimpleAtoi(text, at_us)) return absl::OkStatus();
  return Wrong("at", "microseconds since 1970 in decimal digits");
}

}  // namespace

std::string FormatCredential(const CallCredential& credential) {
  return absl::StrCat(kVersion, " kind=", PeerKindName(credential.kind), " name=", credential.name,
                      " key=", credential.key_id, " at=", credential.at_us, " nonce=", credential.nonce_hex,
                      " cert=", credential.binding, " mac=", credential.mac_hex);
}

absl::StatusOr<CallCredential> ParseCredential(absl::string_view header) {
  if (header.empty()) return absl::InvalidArgumentError("credential: there is none");
  if (header.size() > kMaxCredentialBytes) {
    return absl::InvalidArgumentError(absl::StrCat("credential: longer than ", kMaxCredentialBytes, " bytes"));
  }
  ORCH_ASSIGN_OR_RETURN(const auto values, SplitFields(header));
  const auto& [kind, name, key_id, at, nonce, binding, mac] = values;
  CallCredential credential;
  if (kind != "node" && kind != "client") return Wrong("kind", "node or client");
  credential.kind = kind == "node" ? PeerKind::kNode : PeerKind::kClient;
  if (!IsPeerName(credential.kind, name)) return Wrong("name", "letters, digits, '_', '.' and '-', at most 255");
  if (!IsKeyId(key_id)) return Wrong("key", "a key id as in the credentials file");
  ORCH_RETURN_IF_ERROR(ParseTime(at, &credential.at_us));
  if (!IsLowerHex(nonce, 32)) return Wrong("nonce", "32 lower-case hex digits");
  if (binding != kPlaintextBinding && !IsLowerHex(binding, 64)) return Wrong("cert", "64 lower-case hex digits or '-'");
  if (!IsLowerHex(mac, 64)) return Wrong("mac", "64 lower-case hex digits");
  credential.name = std::string(name);
  credential.key_id = std::string(key_id);
  credential.nonce_hex = std::string(nonce);
  credential.binding = std::string(binding);
  credential.mac_hex = std::string(mac);
  return credential;
}

std::string CredentialMacHex(absl::string_view key, const CallCredential& credential, absl::string_view method) {
  const std::string text =
      absl::StrCat("orch-call-v1\n", PeerKindName(credential.kind), "\n", credential.name, "\n", method, "\n",
                   absl::StrCat(credential.at_us, "\n", credential.nonce_hex, "\n", credential.binding));
  return absl::BytesToHexString(View(FastHmacSha256(key, text)));
}

std::string HubProofHex(absl::string_view key, absl::string_view nonce_hex, absl::string_view binding) {
  return absl::BytesToHexString(
      View(FastHmacSha256(key, absl::StrCat("orch-hub-proof-v1\n", nonce_hex, "\n", binding))));
}

}  // namespace orch::auth
