// Parses -F: one comparison of a fact.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/characters.h"
#include "filter/lexer.h"
#include "filter/parser.h"
#include "filter/value_parser.h"

namespace orch::filter {
namespace {

size_t TrimEnd(absl::string_view text, size_t from, size_t end) {
  while (end > from && IsBlank(text[end - 1])) --end;
  return end;
}

}  // namespace

absl::StatusOr<ExpressionPtr> ParseFactOption(const Source& source) {
  const absl::string_view text = source.text();
  const size_t begin = SkipBlanks(text, 0);
  const size_t at = FindOperator(text, 0, text.size());
  if (at == absl::string_view::npos) {
    return source.ErrorSeenAtEnd(begin, absl::StrCat("no operator in ", Source::Quote(text.substr(begin))),
                                 absl::StrCat("write name=value; ", kOperatorsText, "; for a class use -C"));
  }
  const size_t name_end = TrimEnd(text, begin, at);
  if (name_end == begin) return FactNameMissing(source, at);
  ORCH_RETURN_IF_ERROR(CheckFactName(source, begin, name_end));

  const OperatorAt op = *ReadOperator(text, at);
  const size_t after = at + op.size;
  const size_t value = SkipBlanks(text, after);
  if (value >= text.size()) return ValueMissing(source, after);
  const size_t end = TrimEnd(text, value, text.size());
  ORCH_ASSIGN_OR_RETURN(ParsedValue parsed, ParsePlainValue(source, op.op, value, end));
  if (parsed.end < end) {
    return source.Error(parsed.end,
                        absl::StrCat("text after the closing quote: ", Source::Quote(text.substr(parsed.end))),
                        "quote the whole value");
  }
  return MakeFact(text.substr(begin, name_end - begin), std::move(parsed.comparison));
}

}  // namespace orch::filter
