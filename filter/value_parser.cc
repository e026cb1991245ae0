#include "filter/value_parser.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/characters.h"
#include "filter/compare.h"

namespace orch::filter {
namespace {

constexpr absl::string_view kQuoteIt = "quote it to mean text: name='value'";

bool IsPatternOperator(Operator op) { return op == Operator::kMatch || op == Operator::kNotMatch; }

Comparison TextComparison(Operator op, absl::string_view text) {
  return Comparison{op, std::string(text), ShapeOf(text), nullptr};
}

Comparison PatternComparison(Operator op, std::shared_ptr<const Pattern> pattern) {
  std::string text = pattern->source();
  return Comparison{op, std::move(text), Shape::kText, std::move(pattern)};
}

// Takes [begin, end) as text or, after =~ and !~, as a pattern.
absl::StatusOr<ParsedValue> TextOrPattern(const Source& source, Operator op, size_t begin, size_t end, size_t after) {
  if (!IsPatternOperator(op)) return ParsedValue{TextComparison(op, source.text().substr(begin, end - begin)), after};
  ORCH_ASSIGN_OR_RETURN(auto pattern, CompilePattern(source, begin, end, /*ignore_case=*/false, /*delimited=*/false));
  return ParsedValue{PatternComparison(op, std::move(pattern)), after};
}

absl::StatusOr<ParsedValue> ParseQuotedValue(const Source& source, Operator op, size_t open) {
  ORCH_ASSIGN_OR_RETURN(const size_t close, CloseQuote(source, open));
  return TextOrPattern(source, op, open + 1, close, close + 1);
}

absl::Status CheckFirstCharacter(const Source& source, size_t begin) {
  if (!IsOperatorCharacter(source.text()[begin])) return absl::OkStatus();
  return source.Error(begin, absl::StrCat("the value starts with ", source.QuoteAt(begin)),
                      absl::StrCat(kOperatorsText, "; ", kQuoteIt));
}

// Returns the slash that closes /…/ or /…/i if the whole value has that form.
std::optional<size_t> ClosingSlash(absl::string_view text, size_t begin, size_t end) {
  const size_t last = FindLastUnescapedSlash(text, begin + 1, end);
  if (last == absl::string_view::npos) return std::nullopt;
  const absl::string_view after = text.substr(last + 1, end - last - 1);
  if (after.empty() || after == "i") return last;
  return std::nullopt;
}

// Refuses values such as `/deb/g`, which are probably regular expressions of another language.
absl::Status CheckForeignFlags(const Source& source, size_t begin, size_t end) {
  const absl::string_view text = source.text();
  const size_t second = FindUnescapedSlash(text, begin + 1, end);
  if (second == absl::string_view::npos) return absl::OkStatus();
  if (FindUnescapedSlash(text, second + 1, end) != absl::string_view::npos) return absl::OkStatus();
  const absl::string_view letters = text.substr(second + 1, end - second - 1);
  if (letters.empty() || letters.size() > 3 || letters == "i") return absl::OkStatus();
  if (letters.find_first_not_of("gimsuxGIMSUX") != absl::string_view::npos) return absl::OkStatus();
  return ReadFlags(source, second + 1, end).status();
}

// Returns the end of a bare value of -S: a blank or an unbalanced `)`.
absl::StatusOr<size_t> BareEnd(const Source& source, size_t begin) {
  const absl::string_view text = source.text();
  std::vector<size_t> open;
  size_t i = begin;
  for (; i < text.size() && !IsBlank(text[i]); ++i) {
    if (IsQuote(text[i])) {
      return source.Error(i, absl::StrCat("a quote ", source.QuoteAt(i), " inside a value"), "quote the whole value");
    }
    if (text[i] == '(') open.push_back(i);
    if (text[i] != ')') continue;
    if (open.empty()) break;
    open.pop_back();
  }
  if (open.empty()) return i;
  constexpr absl::string_view kWhat = "the '(' inside the value is not closed";
  constexpr absl::string_view kTodo = "close it, or quote the whole value";
  return i < text.size() ? source.Error(open.back(), kWhat, kTodo) : source.ErrorSeenAtEnd(open.back(), kWhat, kTodo);
}

// Reports faults of the pattern before those of the flags, which follow it.
absl::StatusOr<ParsedPattern> PatternWithFlags(const Source& source, size_t open, size_t close, size_t to) {
  const absl::StatusOr<Flags> flags = ReadFlags(source, close + 1, to);
  const bool ignore_case = flags.ok() && flags->ignore_case;
  ORCH_ASSIGN_OR_RETURN(auto pattern, CompilePattern(source, open + 1, close, ignore_case, /*delimited=*/true));
  ORCH_RETURN_IF_ERROR(flags.status());
  return ParsedPattern{std::move(pattern), flags->end};
}

absl::StatusOr<ParsedValue> ParseSlashValue(const Source& source, Operator op, size_t begin) {
  if (IsOrdering(op)) {
    return source.Error(begin, "a value that starts with '/' after an ordering operator",
                        absl::StrCat("a regular expression goes with = != =~ !~; ", kQuoteIt));
  }
  ORCH_ASSIGN_OR_RETURN(ParsedPattern parsed, ParseCompoundPattern(source, begin));
  return ParsedValue{PatternComparison(op, std::move(parsed.pattern)), parsed.end};
}

}  // namespace

absl::StatusOr<ParsedValue> ParsePlainValue(const Source& source, Operator op, size_t begin, size_t end) {
  const absl::string_view text = source.text();
  ORCH_RETURN_IF_ERROR(CheckFirstCharacter(source, begin));
  if (IsQuote(text[begin])) return ParseQuotedValue(source, op, begin);
  if (text[begin] == '/') {
    const std::optional<size_t> closing = ClosingSlash(text, begin, end);
    if (closing.has_value() && !IsOrdering(op)) {
      ORCH_ASSIGN_OR_RETURN(auto pattern,
                            CompilePattern(source, begin + 1, *closing, /*ignore_case=*/*closing + 1 < end,
                                           /*delimited=*/true));
      return ParsedValue{PatternComparison(op, std::move(pattern)), end};
    }
    if (!closing.has_value()) ORCH_RETURN_IF_ERROR(CheckForeignFlags(source, begin, end));
  }
  return TextOrPattern(source, op, begin, end, end);
}

absl::StatusOr<ParsedValue> ParseCompoundValue(const Source& source, Operator op, size_t after_operator, size_t begin) {
  const absl::string_view text = source.text();
  if (begin >= text.size()) return ValueMissing(source, after_operator);
  ORCH_RETURN_IF_ERROR(CheckFirstCharacter(source, begin));
  if (IsQuote(text[begin])) {
    ORCH_ASSIGN_OR_RETURN(ParsedValue value, ParseQuotedValue(source, op, begin));
    ORCH_RETURN_IF_ERROR(CheckAfterClosing(source, value.end, "the closing quote"));
    return value;
  }
  if (text[begin] == '/') return ParseSlashValue(source, op, begin);
  ORCH_ASSIGN_OR_RETURN(const size_t end, BareEnd(source, begin));
  if (end == begin || (begin > after_operator && IsReserved(text.substr(begin, end - begin)))) {
    return ValueMissing(source, after_operator);
  }
  return TextOrPattern(source, op, begin, end, end);
}

absl::StatusOr<NameTest> ParseNamePattern(const Source& source, size_t begin, size_t end) {
  const size_t close = FindLastUnescapedSlash(source.text(), begin + 1, end);
  if (close == absl::string_view::npos) {
    return source.ErrorSeenAtEnd(begin, "the regular expression is not closed",
                                 "write /pattern/ or /pattern/i; a name never starts with a slash");
  }
  ORCH_ASSIGN_OR_RETURN(ParsedPattern parsed, PatternWithFlags(source, begin, close, end));
  if (parsed.end < end) {
    return source.Error(parsed.end, absl::StrCat("text after the regular expression: ", source.QuoteAt(parsed.end)),
                        "nothing may follow /pattern/ or /pattern/i");
  }
  std::string text = parsed.pattern->source();
  return NameTest{std::move(text), std::move(parsed.pattern)};
}

absl::StatusOr<ParsedPattern> ParseCompoundPattern(const Source& source, size_t open) {
  const absl::string_view text = source.text();
  const size_t close = FindUnescapedSlash(text, open + 1, text.size());
  if (close == absl::string_view::npos) {
    return source.ErrorSeenAtEnd(open, "the regular expression is not closed",
                                 "end it with a slash: /pattern/; quote it to mean text: '/some/path'");
  }
  ORCH_ASSIGN_OR_RETURN(ParsedPattern parsed, PatternWithFlags(source, open, close, text.size()));
  ORCH_RETURN_IF_ERROR(CheckAfterClosing(source, parsed.end, "the regular expression"));
  return parsed;
}

absl::Status CheckAfterClosing(const Source& source, size_t end, absl::string_view closed) {
  const absl::string_view text = source.text();
  if (end >= text.size() || IsBlank(text[end]) || text[end] == ')') return absl::OkStatus();
  return source.Error(end, absl::StrCat("text right after ", closed, ": ", source.QuoteAt(end)),
                      "only a blank, ')' or the end may follow it; a fact's name is not quoted");
}

}  // namespace orch::filter
