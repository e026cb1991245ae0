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

// The regex for what was surely meant: * and ? as in a shell, commas as alternatives, anything else
// that no identity holds stands for any character.
std::string SuggestedPattern(absl::string_view text) {
  const bool list = absl::StrContains(text, ',');
  std::string out = list ? "/^(" : "/^";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      out += "\\.";
    } else if (IsIdentityCharacter(c)) {
      out += c;
    } else if (c == '*') {
      out += ".*";
    } else if (c == ',') {
      out += '|';
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      out += '.';
    }
  }
  return absl::StrCat(out, list ? ")$/" : "$/");
}

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
  if (text.size() <= kMaxIdentityBytes) return absl::OkStatus();
  return Source(option.kind, text)
      .Error(kMaxIdentityBytes, "no identity is that long",
             absl::StrCat("an identity has at most ", kMaxIdentityBytes, " characters"));
}

}  // namespace

bool IsIdentity(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIdentityBytes &&
         std::all_of(text.begin(), text.end(), IsIdentityCharacter);
}

absl::Status CheckIdentityNames(absl::Span<const Option> options) {
  for (const Option& option : options) ORCH_RETURN_IF_ERROR(CheckName(option));
  return absl::OkStatus();
}

}  // namespace orch::filter
