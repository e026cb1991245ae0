#include "filter/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/characters.h"
#include "filter/pattern_budget.h"

namespace orch::filter {
namespace {

constexpr std::array<std::pair<absl::string_view, Operator>, 11> kOperators = {{
    // Those of two characters come first, because the longest one at a place is the operator.
    {"==", Operator::kEqual},
    {"!=", Operator::kNotEqual},
    {"=~", Operator::kMatch},
    {"!~", Operator::kNotMatch},
    {"<=", Operator::kLessOrEqual},
    {"=<", Operator::kLessOrEqual},
    {">=", Operator::kGreaterOrEqual},
    {"=>", Operator::kGreaterOrEqual},
    {"=", Operator::kEqual},
    {"<", Operator::kLess},
    {">", Operator::kGreater},
}};

}  // namespace

std::optional<OperatorAt> ReadOperator(absl::string_view text, size_t offset) {
  if (offset >= text.size()) return std::nullopt;
  const absl::string_view rest = text.substr(offset, 2);
  for (const auto& [written, op] : kOperators)
    if (rest.substr(0, written.size()) == written) return OperatorAt{op, written.size()};
  return std::nullopt;
}

size_t FindOperator(absl::string_view text, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i)
    if (ReadOperator(text.substr(0, to), i).has_value()) return i;
  return absl::string_view::npos;
}

absl::StatusOr<size_t> CloseQuote(const Source& source, size_t open) {
  const absl::string_view text = source.text();
  const size_t close = text.find(text[open], open + 1);
  if (close != absl::string_view::npos) return close;
  return source.ErrorSeenAtEnd(open, absl::StrCat("the quote ", source.QuoteAt(open), " is not closed"),
                               "close it, or quote the whole value with the other kind of quote");
}

size_t FindUnescapedSlash(absl::string_view text, size_t from, size_t to) {
  bool escaped = false;
  for (size_t i = from; i < to; ++i) {
    if (text[i] == '/' && !escaped) return i;
    escaped = text[i] == '\\' && !escaped;
  }
  return absl::string_view::npos;
}

size_t FindLastUnescapedSlash(absl::string_view text, size_t from, size_t to) {
  size_t last = absl::string_view::npos;
  for (size_t i = from; (i = FindUnescapedSlash(text, i, to)) != absl::string_view::npos; ++i) last = i;
  return last;
}

std::string UnescapeSlashes(absl::string_view pattern) {
  std::string out;
  out.reserve(pattern.size());
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      if (pattern[i + 1] != '/') out += '\\';
      ++i;
    }
    out += pattern[i];
  }
  return out;
}

absl::StatusOr<Flags> ReadFlags(const Source& source, size_t from, size_t to) {
  const absl::string_view text = source.text();
  size_t end = from;
  while (end < to && absl::ascii_isalpha(static_cast<unsigned char>(text[end]))) ++end;
  const absl::string_view letters = text.substr(from, end - from);
  if (letters.empty() || letters == "i") return Flags{letters == "i", end};
  return source.Error(from, absl::StrCat("unknown flag ", Source::Quote(letters), " after the regular expression"),
                      "the only flag is i; write a slash inside a pattern as \\/, or quote the value to mean text");
}

absl::StatusOr<std::shared_ptr<const Pattern>> CompilePattern(const Source& source, size_t begin, size_t end,
                                                              bool ignore_case, bool delimited) {
  const absl::string_view written = source.text().substr(begin, end - begin);
  if (written.empty()) {
    return source.Error(begin, "the regular expression is empty",
                        "write a pattern; /./ finds any text that is not empty");
  }
  if (!source.TakePattern()) {
    return source.Error(begin, absl::StrCat("the filter has more than ", kMaxPatterns, " regular expressions"),
                        "use fewer; several alternatives fit in one: /a|b|c/");
  }
  auto pattern = Pattern::Compile(delimited ? UnescapeSlashes(written) : std::string(written), ignore_case);
  if (pattern.ok()) return pattern;
  return source.Error(begin,
                      absl::StrCat("bad regular expression ", Source::Quote(written), ": ",
                                   Source::Printable(pattern.status().message())),
                      "the syntax is RE2's (no look-around, no back-references)");
}

absl::Status CheckFactName(const Source& source, size_t begin, size_t end) {
  const absl::string_view text = source.text();
  for (size_t i = begin; i < end; ++i) {
    const char c = text[i];
    if (IsQuote(c)) {
      return source.Error(i, absl::StrCat("a quote ", source.QuoteAt(i), " in a fact's name"),
                          "a quoted name is not allowed; quote only the value: name='some text'");
    }
    if (c == '!' || c == '~') {
      return source.Error(i, absl::StrCat(source.QuoteAt(i), " in a fact's name"),
                          "write name!=value, or -S \"not name=value\"");
    }
    if (IsBlank(c) || c == '(' || c == ')' || c == '/' || IsOperatorCharacter(c)) {
      return source.Error(i,
                          absl::StrCat(IsBlank(c) ? "a blank" : source.QuoteAt(i), " in the fact's name ",
                                       Source::Quote(text.substr(begin, end - begin))),
                          "a fact's name holds no blanks and none of = < > ! ~ ' \" ( ) /");
    }
  }
  return absl::OkStatus();
}

absl::Status FactNameMissing(const Source& source, size_t offset) {
  const size_t size = ReadOperator(source.text(), offset).value_or(OperatorAt{Operator::kEqual, 1}).size;
  return source.Error(offset, absl::StrCat("no fact's name before ", Source::Quote(source.text().substr(offset, size))),
                      "write name=value; for \"differs\" name!=value, or -S \"not …\"");
}

absl::Status ValueMissing(const Source& source, size_t offset) {
  return source.Error(offset, "no value after the operator",
                      "write a value; \"\" is the empty text, and a word like and is quoted: 'and'");
}

}  // namespace orch::filter
