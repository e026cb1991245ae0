#include "auth/credentials_file.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "auth/names.h"
#include "auth/new_file.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/text_file.h"

namespace orch::auth {
namespace {

// No message quotes a word of the line, because any word may be a misplaced key.
absl::Status CheckKeyId(absl::string_view id) {
  if (IsKeyId(id)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the second word, the key id, must be 1 to ", kMaxKeyIdBytes, " letters, digits, '_', '.' or '-'"));
}

absl::StatusOr<std::string> ParseKey(absl::string_view hex) {
  std::string bytes;
  if (DecodeHex(hex, kKeyBytes, &bytes)) return bytes;
  return absl::InvalidArgumentError(
      absl::StrCat("the last word, the key, must be ", 2 * kKeyBytes, " hex digits; this one has ", hex.size(),
                   hex.size() == 2 * kKeyBytes ? " characters, not all hex" : " characters"));
}

absl::Status ParsePsk(bool node, bool client, const std::vector<absl::string_view>& words, CredentialsFile* file) {
  if (words.size() != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected '", words[0], " KEY_ID 64HEX', found ", words.size(), " words"));
  }
  ORCH_RETURN_IF_ERROR(CheckKeyId(words[1]));
  ORCH_ASSIGN_OR_RETURN(std::string bytes, ParseKey(words[2]));
  for (const CredentialsFile::Psk& psk : file->psks) {
    if (psk.key.id == words[1])
      return absl::InvalidArgumentError("an earlier line has the same key id; give each pre-shared key its own");
  }
  file->psks.push_back({Key(std::string(words[1]), std::move(bytes)), node, client});
  return absl::OkStatus();
}

absl::Status ParseBanned(const std::vector<absl::string_view>& words, CredentialsFile* file) {
  if (words.size() == 3) {
    for (const PeerKind kind : {PeerKind::kNode, PeerKind::kClient, PeerKind::kOidc}) {
      if (words[1] != PeerKindName(kind) || !IsPeerName(kind, words[2])) continue;
      file->banned.emplace_back(kind, std::string(words[2]));
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError("expected 'banned node IDENTITY', 'banned client NAME' or 'banned oidc NAME'");
}

absl::Status ParseGeneration(const std::vector<absl::string_view>& words, CredentialsFile* file) {
  CredentialsFile::Generation line;
  if (words.size() == 4 && absl::SimpleAtoi(words[3], &line.lowest) && line.lowest <= kMaxGeneration) {
    for (const PeerKind kind : {PeerKind::kNode, PeerKind::kClient}) {
      if (words[1] != PeerKindName(kind) || !IsPeerName(kind, words[2])) continue;
      line.kind = kind;
      line.name = std::string(words[2]);
      for (const CredentialsFile::Generation& other : file->generations) {
        if (other.kind == kind && other.name == line.name) {
          return absl::InvalidArgumentError("an earlier line gives the generation of the same name; keep one");
        }
      }
      file->generations.push_back(std::move(line));
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "expected 'generation node IDENTITY N' or 'generation client NAME N', ", "N from 0 to ", kMaxGeneration));
}

absl::Status ParseExpiry(absl::string_view text, int64_t* expires_s) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d", text, &time, &error) && !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError("the time after expires= must look like 2027-01-03 or 2027-01-03T12:00:00Z");
  }
  *expires_s = absl::ToUnixSeconds(time);
  if (*expires_s > 0 && *expires_s <= kMaxExpiryS && absl::FromUnixSeconds(*expires_s) == time) return absl::OkStatus();
  return absl::InvalidArgumentError("the time after expires= must be whole seconds between the years 1970 and 9999");
}

// The words after a key.
absl::Status ParseTermWord(absl::string_view word, KeyTerms* terms) {
  if (absl::ConsumePrefix(&word, "expires=")) {
    if (terms->expires_s != 0) return absl::InvalidArgumentError("expires= stands twice");
    return ParseExpiry(word, &terms->expires_s);
  }
  if (absl::ConsumePrefix(&word, "generation=")) {
    if (terms->generation != 0) return absl::InvalidArgumentError("generation= stands twice");
    if (absl::SimpleAtoi(word, &terms->generation) && terms->generation <= kMaxGeneration) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("generation= takes a number from 0 to ", kMaxGeneration));
  }
  return absl::InvalidArgumentError("after the key only generation=N and expires=TIME may follow");
}

absl::Status ParseDerived(PeerKind kind, const std::vector<absl::string_view>& words, CredentialsFile* file) {
  if (words.size() < 4 || words.size() > 6) {
    return absl::InvalidArgumentError(absl::StrCat("expected '", PeerKindName(kind), " KEY_ID ",
                                                   kind == PeerKind::kNode ? "IDENTITY" : "NAME", " 64HEX', found ",
                                                   words.size(), " words"));
  }
  ORCH_RETURN_IF_ERROR(CheckKeyId(words[1]));
  if (!IsPeerName(kind, words[2])) {
    return absl::InvalidArgumentError("the third word, the name, must be letters, digits, '_', '.' or '-'");
  }
  ORCH_ASSIGN_OR_RETURN(std::string bytes, ParseKey(words[3]));
  KeyTerms terms;
  for (size_t i = 4; i < words.size(); ++i) ORCH_RETURN_IF_ERROR(ParseTermWord(words[i], &terms));
  for (const CredentialsFile::Derived& other : file->derived) {
    if (other.kind == kind && other.name == words[2] && other.key.id == words[1]) {
      return absl::InvalidArgumentError("an earlier line holds a key for the same name and key id; keep one");
    }
  }
  file->derived.push_back({kind, std::string(words[2]), Key(std::string(words[1]), std::move(bytes), terms)});
  return absl::OkStatus();
}

absl::Status ParseLine(absl::string_view line, CredentialsFile* file) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line.substr(0, line.find('#')), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  if (words.empty()) return absl::OkStatus();
  if (words[0] == "psk") return ParsePsk(true, true, words, file);
  if (words[0] == "node-psk") return ParsePsk(true, false, words, file);
  if (words[0] == "client-psk") return ParsePsk(false, true, words, file);
  if (words[0] == "banned") return ParseBanned(words, file);
  if (words[0] == "generation") return ParseGeneration(words, file);
  if (words[0] == "node") return ParseDerived(PeerKind::kNode, words, file);
  if (words[0] == "client") return ParseDerived(PeerKind::kClient, words, file);
  if (words[0] == "oidc") return ParseDerived(PeerKind::kOidc, words, file);
  return absl::InvalidArgumentError(
      "a line begins with node-psk, client-psk, psk, node, client, oidc, banned, generation or #");
}

}  // namespace

absl::StatusOr<CredentialsFile> CredentialsFile::Parse(absl::string_view text, absl::string_view file_name) {
  if (text.size() > kMaxCredentialsFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("credentials file ", file_name, " holds more than ", kMaxCredentialsFileBytes, " bytes"));
  }
  CredentialsFile file;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(WithoutByteOrderMark(text), '\n')) {
    ++number;
    if (const absl::Status parsed = ParseLine(line, &file); !parsed.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("credentials file ", file_name, " line ", number, ": ", parsed.message()));
    }
  }
  return file;
}

absl::StatusOr<CredentialsFile> CredentialsFile::Load(const std::string& path) {
  if (const absl::Status status = CheckSecretFile(path, "credentials file"); absl::IsNotFound(status)) {
    return absl::NotFoundError(absl::StrCat(status.message(),
                                            "; 'orch-hub init' makes the hub's own; another host needs the line "
                                            "that 'orch-hub key node|client NAME' prints there; `credentials` in the "
                                            "configuration names the file"));
  } else if (!status.ok()) {
    return status;
  }
  ORCH_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxCredentialsFileBytes));
  absl::StatusOr<CredentialsFile> file = Parse(text, path);
  Wipe(&text);
  return file;
}

absl::StatusOr<PeerKey> LoadPeerKey(const std::string& path, PeerKind kind, absl::string_view name) {
  if (!IsPeerName(kind, name)) {
    return absl::InvalidArgumentError(absl::StrCat("'", absl::CHexEscape(name.substr(0, kMaxNameBytes)),
                                                   "' cannot be the name of a ", PeerKindName(kind),
                                                   "; use letters, digits, '_', '.' and '-'"));
  }
  ORCH_ASSIGN_OR_RETURN(CredentialsFile file, CredentialsFile::Load(path));
  for (CredentialsFile::Derived& derived : file.derived) {
    if (derived.kind == kind && derived.name == name) return PeerKey{std::move(derived.key), false};
  }
  for (const CredentialsFile::Psk& psk : file.psks) {
    if (psk.Is(kind)) return PeerKey{Key(psk.key.id, DeriveKey(psk.key.bytes, kind, name)), true};
  }
  return absl::FailedPreconditionError(absl::StrCat("credentials file ", path, " holds no key of ", PeerKindName(kind),
                                                    " '", name, "'; on the hub, '", "orch-hub key ", PeerKindName(kind),
                                                    " ", name, "' prints the line to put there"));
}

std::string DerivedKeyLine(PeerKind kind, absl::string_view name, const Key& key) {
  std::string line = absl::StrCat(PeerKindName(kind), " ", key.id, " ", name, " ", absl::BytesToHexString(key.bytes));
  if (key.terms.generation != 0) absl::StrAppend(&line, " generation=", key.terms.generation);
  if (key.terms.expires_s != 0) absl::StrAppend(&line, " expires=", ExpiryText(key.terms.expires_s));
  return line;
}

absl::Status WriteNewCredentials(const std::string& path, Random* random) {
  std::string text = absl::StrCat(
      "# The pre-shared keys of this orch hub; keep them secret, mode 0600, on the hub only.\n"
      "# Peers get keys derived from them: orch-hub key node IDENTITY, orch-hub key client NAME.\n"
      "# To rotate: add a line with a new key id above the old one, hand out new keys, and remove the old\n"
      "# line when no peer uses it any more ('orchctl hub status' counts the nodes of each key).\n"
      "node-psk n1 ",
      absl::BytesToHexString(random->Bytes(kKeyBytes)), "\nclient-psk c1 ",
      absl::BytesToHexString(random->Bytes(kKeyBytes)), "\n");
  const absl::Status written = WriteNewFile(path, text, 0600);
  Wipe(&text);
  return written;
}

}  // namespace orch::auth
