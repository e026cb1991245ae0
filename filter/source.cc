#include "filter/source.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "base/utf8.h"
#include "filter/characters.h"
#include "filter/pattern_budget.h"
#include "filter/utf8.h"

namespace orch::filter {
namespace {

// The number of characters that an error shows on each side of its column.
constexpr size_t kShownAround = 60;
constexpr size_t kQuotedCharacters = 40;

size_t Characters(absl::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); i += std::max<size_t>(Utf8Length(text, i), 1)) ++count;
  return count;
}

absl::string_view FirstCharacters(absl::string_view text, size_t count) {
  size_t i = 0;
  while (count-- > 0 && i < text.size()) i += std::max<size_t>(Utf8Length(text, i), 1);
  return text.substr(0, i);
}

}  // namespace

absl::string_view OptionLetter(OptionKind kind) {
  switch (kind) {
    case OptionKind::kFact:
      return "-F";
    case OptionKind::kClass:
      return "-C";
    case OptionKind::kIdentity:
      return "-I";
    case OptionKind::kPlugin:
      return "-A";
    case OptionKind::kCombined:
      return "-W";
    case OptionKind::kCompound:
      return "-S";
  }
  return "-?";
}

Source::Source(OptionKind kind, absl::string_view text, PatternBudget* budget)
    : kind_(kind), whole_(text), text_(text.substr(0, FirstForbiddenByte(text))), budget_(budget) {}

absl::Status Source::CheckWhole() const {
  if (whole_.size() > kMaxOptionBytes) {
    return Format(
        0, absl::StrCat("the option is ", whole_.size(), " bytes long"),
        absl::StrCat("at most ", kMaxOptionBytes, " are accepted: use several options or a regular expression"));
  }
  if (std::all_of(whole_.begin(), whole_.end(), IsBlank)) {
    return Format(0, "an empty filter is refused", "to choose all nodes give no filter at all");
  }
  return absl::OkStatus();
}

absl::Status Source::CheckBytes() const { return text_.size() < whole_.size() ? BadByte() : absl::OkStatus(); }

absl::Status Source::BadByte() const {
  if (whole_[text_.size()] == '\0') return Format(text_.size(), "a NUL character", "remove it; a filter is text");
  return Format(text_.size(), "bytes that are not UTF-8", "a filter is valid UTF-8: check the terminal's encoding");
}

absl::Status Source::Error(size_t offset, absl::string_view what, absl::string_view todo) const {
  if (offset >= text_.size()) return ErrorSeenAtEnd(offset, what, todo);
  return Format(offset, what, todo);
}

absl::Status Source::ErrorSeenAtEnd(size_t offset, absl::string_view what, absl::string_view todo) const {
  if (text_.size() < whole_.size()) return BadByte();
  return Format(offset, what, todo);
}

absl::Status Source::Format(size_t offset, absl::string_view what, absl::string_view todo) const {
  const absl::string_view before = whole_.substr(0, std::min(offset, kMaxOptionBytes));
  const size_t column = Characters(before) + 1;
  const size_t skipped = column - 1 > kShownAround ? column - 1 - kShownAround : 0;
  const absl::string_view head = before.substr(FirstCharacters(before, skipped).size());
  const absl::string_view rest = whole_.substr(before.size());
  const absl::string_view tail = FirstCharacters(rest, kShownAround);
  std::string shown =
      absl::StrCat(skipped > 0 ? "…" : "", Printable(head), Printable(tail), tail.size() < rest.size() ? "…" : "");
  const std::string indent(column - 1 - skipped + (skipped > 0 ? 1 : 0), ' ');
  return absl::InvalidArgumentError(absl::StrCat(OptionLetter(kind_), ": column ", column, ": ", what, "; ", todo,
                                                 "\n  ", shown, "\n  ", indent, "^"));
}

std::string Source::Printable(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8Length(text, i);
    if (IsBlank(text[i])) {
      out += ' ';
    } else if (length == 0 || !IsPlainCharacter(FirstCharacter(text.substr(i)).code)) {
      out += "\xEF\xBF\xBD";  // one character for one, so that the caret stands right
    } else {
      absl::StrAppend(&out, text.substr(i, length));
    }
    i += std::max<size_t>(length, 1);
  }
  return out;
}

std::string Source::Quote(absl::string_view text) {
  const absl::string_view first = FirstCharacters(text, kQuotedCharacters);
  return absl::StrCat("'", Printable(first), first.size() < text.size() ? "…" : "", "'");
}

std::string Source::QuoteAt(size_t offset) const {
  if (offset >= text_.size()) return "the end";
  return Quote(FirstCharacters(text_.substr(offset), 1));
}

}  // namespace orch::filter
