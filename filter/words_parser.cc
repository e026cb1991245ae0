// Parses -W: words between blanks, each of which is a comparison of a fact or a class.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/characters.h"
#include "filter/lexer.h"
#include "filter/parser.h"
#include "filter/value_parser.h"

namespace orch::filter {
namespace {

class WordsParser {
 public:
  explicit WordsParser(const Source& source) : source_(source), text_(source.text()) {}

  absl::StatusOr<ExpressionPtr> Parse() {
    std::vector<ExpressionPtr> words;
    for (at_ = SkipBlanks(text_, 0); at_ < text_.size(); at_ = SkipBlanks(text_, at_)) {
      ORCH_ASSIGN_OR_RETURN(ExpressionPtr word, ParseWord());
      words.push_back(std::move(word));
    }
    return MakeGroup(Expression::Kind::kAnd, std::move(words));
  }

 private:
  // Each of these reads the word at at_ and sets at_ to the offset after it.
  absl::StatusOr<ExpressionPtr> ParseWord() {
    if (IsQuote(text_[at_])) return ParseQuotedClass();
    if (text_[at_] == '/') return ParseClassPattern();
    for (size_t i = at_; i < text_.size() && !IsBlank(text_[i]); ++i) {
      if (ReadOperator(text_, i).has_value()) return ParseFact(i);
      if (IsQuote(text_[i])) return QuoteInside(i);
    }
    return ParseClass();
  }

  absl::StatusOr<ExpressionPtr> ParseQuotedClass() {
    const size_t open = at_;
    ORCH_ASSIGN_OR_RETURN(const size_t close, CloseQuote(source_, open));
    const absl::string_view name = text_.substr(open + 1, close - open - 1);
    if (name.empty()) {
      return source_.Error(open, "an empty class is refused", "to choose all nodes give no filter at all");
    }
    if (FindOperator(name, 0, name.size()) != absl::string_view::npos) {
      return source_.Error(open, absl::StrCat("an operator in the quoted word ", Source::Quote(name)),
                           "quote only the value, name='some value'; -C takes any class name");
    }
    ORCH_RETURN_IF_ERROR(EndWord(close + 1));
    return MakeName(Expression::Kind::kClass, NameTest{std::string(name), nullptr});
  }

  absl::StatusOr<ExpressionPtr> ParseClassPattern() {
    const size_t end = FindBlank(text_, at_);
    ORCH_ASSIGN_OR_RETURN(NameTest name, ParseNamePattern(source_, at_, end));
    at_ = end;
    return MakeName(Expression::Kind::kClass, std::move(name));
  }

  absl::StatusOr<ExpressionPtr> ParseClass() {
    const size_t end = FindBlank(text_, at_);
    const absl::string_view name = text_.substr(at_, end - at_);
    if (IsReserved(name)) {
      return source_.Error(
          at_, absl::StrCat(Source::Quote(name), " is a reserved word"),
          absl::StrCat("all words must hold: use -S for and, or, not; quote it to mean a class: '", name, "'"));
    }
    const size_t bad = name.find_first_of("!~()");
    if (bad != absl::string_view::npos) {
      return source_.Error(at_ + bad, absl::StrCat(source_.QuoteAt(at_ + bad), " is not allowed in a class"),
                           "use -S for 'not' and parentheses; -C takes any class name");
    }
    if (name.back() == '/') {
      return source_.Error(end - 1, absl::StrCat("the class ", Source::Quote(name), " ends with a slash"),
                           "write /pattern/ for a regular expression; -C takes any class name");
    }
    at_ = end;
    return MakeName(Expression::Kind::kClass, NameTest{std::string(name), nullptr});
  }

  absl::StatusOr<ExpressionPtr> ParseFact(size_t operator_at) {
    const absl::string_view name = text_.substr(at_, operator_at - at_);
    if (name.empty()) return FactNameMissing(source_, operator_at);
    ORCH_RETURN_IF_ERROR(CheckFactName(source_, at_, operator_at));
    const OperatorAt op = *ReadOperator(text_, operator_at);
    const size_t begin = operator_at + op.size;
    if (begin >= text_.size() || IsBlank(text_[begin])) return ValueMissing(source_, begin);
    const size_t end = FindBlank(text_, begin);
    if (!IsQuote(text_[begin]) && text_[begin] != '/') {
      const size_t quote = text_.substr(0, end).find_first_of("'\"", begin);
      if (quote != absl::string_view::npos && !IsOperatorCharacter(text_[begin])) return QuoteInside(quote);
    }
    ORCH_ASSIGN_OR_RETURN(ParsedValue value, ParsePlainValue(source_, op.op, begin, end));
    ORCH_RETURN_IF_ERROR(EndWord(value.end));
    return MakeFact(name, std::move(value.comparison));
  }

  absl::Status QuoteInside(size_t quote) const {
    return source_.Error(quote, absl::StrCat("a quote ", source_.QuoteAt(quote), " inside a word"),
                         "quote the whole value, name='some value', or the whole class");
  }

  absl::Status EndWord(size_t end) {
    at_ = end;
    if (end >= text_.size() || IsBlank(text_[end])) return absl::OkStatus();
    return source_.Error(end, absl::StrCat("text right after the closing quote: ", source_.QuoteAt(end)),
                         "quote the whole value or the whole class");
  }

  const Source& source_;
  const absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<ExpressionPtr> ParseWordsOption(const Source& source) { return WordsParser(source).Parse(); }

}  // namespace orch::filter
