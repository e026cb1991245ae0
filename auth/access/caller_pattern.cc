#include "auth/access/caller_pattern.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/names.h"
#include "base/foreign_text.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kExpected =
    "write client=NAME, cert=NAME, user=NAME, oidc=NAME, unix-group=NAME, oidc-group=NAME or *, with /REGEX/ for "
    "several names";

const std::vector<std::string>& CallerKinds() {
  static const auto* kinds =
      new std::vector<std::string>{"client", "cert", "user", "oidc", kUnixGroup, kOidcGroup, "group"};
  return *kinds;
}

absl::Status RefusedCaller(absl::string_view word, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(word), "' names no caller: ", why));
}

bool IsPlainByte(char c) {
  return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != ',' && c != '"' && c != '\'';
}

absl::Status CheckCallerKind(absl::string_view word, absl::string_view kind) {
  if (kind == "group") return RefusedCaller(word, "groups are those of access.yaml and are not known here");
  if (kind == "node") return RefusedCaller(word, "a node makes no requests; choose nodes with 'nodes:'");
  const std::vector<std::string>& kinds = CallerKinds();
  if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) return absl::OkStatus();
  return RefusedCaller(
      word, absl::StrCat("'", Printable(kind), "' is no kind of callers", DidYouMean(kind, kinds), "; ", kExpected));
}

absl::Status CheckCallerName(absl::string_view word, absl::string_view kind, absl::string_view name) {
  if (name.empty()) return RefusedCaller(word, "the name after '=' is missing");
  if (!std::all_of(name.begin(), name.end(), IsPlainByte)) {
    return RefusedCaller(
        word, "a name has no blanks, commas, quotes and no bytes beyond ASCII; write several callers as a list");
  }
  if (absl::StrContains(name, '*')) {
    return RefusedCaller(
        word, absl::StrCat("'*' alone is everybody; for several names write a regular expression, such as ", kind,
                           "=/web-.*/"));
  }
  if (kind == "client" && !IsPeerName(PeerKind::kClient, name)) {
    return RefusedCaller(word,
                         "a client's name has letters, digits, '_', '.', '-' and '@' and does not begin with '-'");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CallerPattern> CallerPattern::Parse(absl::string_view word) {
  CallerPattern pattern;
  pattern.text_ = std::string(word);
  if (word.size() > kMaxCallerBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a caller of ", word.size(), " bytes: ", kMaxCallerBytes,
                                                   " are accepted; write a group or several rules"));
  }
  if (word == "*") {
    pattern.kind_ = Kind::kEverybody;
    return pattern;
  }
  const size_t equals = word.find('=');
  if (equals == absl::string_view::npos) return RefusedCaller(word, kExpected);
  const absl::string_view kind = word.substr(0, equals);
  const absl::string_view name = word.substr(equals + 1);
  ORCH_RETURN_IF_ERROR(CheckCallerKind(word, kind));
  if (!absl::StartsWith(name, "/")) ORCH_RETURN_IF_ERROR(CheckCallerName(word, kind, name));
  ORCH_ASSIGN_OR_RETURN(pattern.name_, TextPattern::Parse(name));
  if (kind == kUnixGroup) pattern.kind_ = Kind::kUnixGroup;
  if (kind == kOidcGroup) pattern.kind_ = Kind::kOidcGroup;
  pattern.prefix_ = std::string(word.substr(0, equals + 1));
  return pattern;
}

absl::StatusOr<CallerPattern> CallerPattern::ParsePolicyWord(absl::string_view word) {
  CallerPattern pattern;
  pattern.text_ = std::string(word);
  if (absl::StartsWith(word, "/") && word.size() <= kMaxCallerBytes) {
    ORCH_ASSIGN_OR_RETURN(pattern.name_, TextPattern::Parse(word));
    return pattern;
  }
  const size_t equals = word.find('=');
  const absl::string_view kind = word.substr(0, equals);
  const auto& kinds = CallerKinds();
  const bool known = kind != "group" && std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  if (equals == absl::string_view::npos || known || word.size() > kMaxCallerBytes) return Parse(word);
  ORCH_RETURN_IF_ERROR(CheckCallerName(word, kind, word.substr(equals + 1)));
  pattern.foreign_ = true;
  return pattern;
}

bool CallerPattern::FitsAny(const std::vector<std::string>& groups) const {
  return std::any_of(groups.begin(), groups.end(), [this](const std::string& group) { return name_.Fits(group); });
}

bool CallerPattern::Fits(const Caller& caller) const {
  switch (kind_) {
    case Kind::kEverybody:
      return true;
    case Kind::kUnixGroup:
      return FitsAny(caller.unix_groups);
    case Kind::kOidcGroup:
      return FitsAny(caller.oidc_groups);
    case Kind::kCaller:
      break;
  }
  if (!name_.is_regex()) return caller.id == text_;
  return caller.id.size() <= kMaxCallerBytes && absl::StartsWith(caller.id, prefix_) &&
         name_.Fits(absl::string_view(caller.id).substr(prefix_.size()));
}

bool AnyFits(const std::vector<CallerPattern>& patterns, const Caller& caller) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&caller](const CallerPattern& pattern) { return pattern.Fits(caller); });
}

}  // namespace orch::auth
