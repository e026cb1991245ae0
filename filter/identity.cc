#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/filter.h"
#include "filter/source.h"

namespace orch::filter {
namespace {

constexpr size_t kMaxIdentityBytes = 255;

bool IsIdentityCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
}

// Returns the length of a shell's bracket expression at the start of `text`, such as [1-3] or [!a]; 0 if there is none
// that a regular expression accepts unchanged.
size_t BracketLength(absl::string_view text) {
  const size_t close = text.find(']');
  if (text.empty() || text[0] != '[' || close == absl::string_view::npos) return 0;
  absl::string_view set = text.substr(1, close - 1);
  if (absl::StartsWith(set, "!") || absl::StartsWith(set, "^")) set.remove_prefix(1);
  if (set.empty() || !std::all_of(set.begin(), set.end(), IsIdentityCharacter)) return 0;
  for (size_t dash = set.find('-', 1); dash != absl::string_view::npos; dash = set.find('-', dash + 2)) {
    if (dash + 1 < set.size() && set[dash - 1] > set[dash + 1]) return 0;
  }
  return close + 1;
}

// Returns the length of a shell's alternatives at the start of `text`, such as {a,b}; 0 if there are none.
size_t BraceLength(absl::string_view text) {
  const size_t close = text.find('}');
  if (text.empty() || text[0] != '{' || close == absl::string_view::npos) return 0;
  const absl::string_view list = text.substr(1, close - 1);
  const auto fits = [](char c) { return c == ',' || IsIdentityCharacter(c); };
  return absl::StrContains(list, ',') && std::all_of(list.begin(), list.end(), fits) ? close + 1 : 0;
}

void AppendPattern(absl::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const size_t bracket = BracketLength(text.substr(i)); bracket > 0) {
      const bool negated = text[i + 1] == '!' || text[i + 1] == '^';
      absl::StrAppend(out, negated ? "[^" : "[", text.substr(i + (negated ? 2 : 1), bracket - (negated ? 2 : 1)));
      i += bracket - 1;
    } else if (const size_t brace = BraceLength(text.substr(i)); brace > 0) {
      *out += '(';
      AppendPattern(text.substr(i + 1, brace - 2), out);
      *out += ')';
      i += brace - 1;
    } else if (c == '.') {
      *out += "\\.";
    } else if (IsIdentityCharacter(c)) {
      *out += c;
    } else if (c == '*') {
      *out += ".*";
    } else if (c == ',') {
      *out += '|';
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      *out += '.';
    }
  }
}

// Returns the regular expression that the user probably meant: *, ?, [...] and {a,b} as in a shell, and commas as
// alternatives. Any other character that no identity has means any character.
std::string SuggestedPattern(absl::string_view text) {
  std::string out;
  AppendPattern(text, &out);
  return absl::StrContains(text, ',') ? absl::StrCat("/^(", out, ")$/") : absl::StrCat("/^", out, "$/");
}

// Folders and files have the name of a node, and programs get its identity as an argument.
bool IsMisleading(absl::string_view text) { return text == "." || text == ".." || text[0] == '-'; }

absl::Status CheckName(const Option& option) {
  const absl::string_view text = option.text;
  if (option.kind != OptionKind::kIdentity || text.empty() || text[0] == '/') return absl::OkStatus();
  const auto* bad = std::find_if_not(text.begin(), text.end(), IsIdentityCharacter);
  if (bad != text.end()) {
    const Source source(option.kind, text);
    const size_t offset = bad - text.begin();
    return source.Error(
        offset, absl::StrCat("no identity holds ", source.QuoteAt(offset)),
        absl::StrCat("for several nodes write a regular expression, -I '", SuggestedPattern(text), "'"));
  }
  if (IsMisleading(text)) {
    return Source(option.kind, text)
        .Error(0, absl::StrCat("no identity is ", Source::Quote(text)),
               "an identity does not begin with '-', and is neither '.' nor '..'");
  }
  if (text.size() <= kMaxIdentityBytes) return absl::OkStatus();
  return Source(option.kind, text)
      .Error(kMaxIdentityBytes, "no identity is that long",
             absl::StrCat("an identity has at most ", kMaxIdentityBytes, " characters"));
}

}  // namespace

bool IsIdentity(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIdentityBytes && !IsMisleading(text) &&
         std::all_of(text.begin(), text.end(), IsIdentityCharacter);
}

absl::Status CheckIdentityNames(absl::Span<const Option> options) {
  for (const Option& option : options) ORCH_RETURN_IF_ERROR(CheckName(option));
  return absl::OkStatus();
}

}  // namespace orch::filter
