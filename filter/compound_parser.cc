// Parses -S by recursive descent: statements with and, or, not and parentheses.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/call_parser.h"
#include "filter/characters.h"
#include "filter/lexer.h"
#include "filter/parser.h"
#include "filter/value_parser.h"

namespace orch::filter {
namespace {

class CompoundParser {
 public:
  explicit CompoundParser(const Source& source) : source_(source), text_(source.text()) {}

  absl::StatusOr<ExpressionPtr> Parse() {
    ORCH_ASSIGN_OR_RETURN(ExpressionPtr root, ParseOr());
    if (at_ >= text_.size()) return root;
    if (text_[at_] == ')') return UnmatchedClose();
    return StatementFollows();
  }

 private:
  // Each of these starts at a blank or at the first character of its part, and ends at the next part after the blanks.
  absl::StatusOr<ExpressionPtr> ParseOr() {
    std::vector<ExpressionPtr> parts;
    do {
      ORCH_ASSIGN_OR_RETURN(ExpressionPtr part, ParseAnd());
      parts.push_back(std::move(part));
    } while (TakeWord("or"));
    return MakeGroup(Expression::Kind::kOr, std::move(parts));
  }

  absl::StatusOr<ExpressionPtr> ParseAnd() {
    std::vector<ExpressionPtr> parts;
    do {
      ORCH_ASSIGN_OR_RETURN(ExpressionPtr part, ParseUnary());
      parts.push_back(std::move(part));
    } while (TakeWord("and"));
    return MakeGroup(Expression::Kind::kAnd, std::move(parts));
  }

  absl::StatusOr<ExpressionPtr> ParseUnary() {
    at_ = SkipBlanks(text_, at_);
    if (at_ >= text_.size()) return StatementExpected();
    const char c = text_[at_];
    if (c == '(') return ParseGroup();
    if (IsQuote(c)) return ParseQuotedClass();
    if (c == '/') return ParseClassPattern();
    if (ReadOperator(text_, at_).has_value()) return FactNameMissing(source_, at_);
    if (c == '!') return ParseNegation(1);
    if (c == ')' || c == '~') return StatementExpected();
    return ParseWord();
  }

  absl::StatusOr<ExpressionPtr> ParseNegation(size_t size) {
    ORCH_RETURN_IF_ERROR(Descend());
    last_operator_ = text_.substr(at_, size);
    at_ += size;
    ORCH_ASSIGN_OR_RETURN(ExpressionPtr child, ParseUnary());
    --depth_;
    return MakeNot(std::move(child));
  }

  absl::StatusOr<ExpressionPtr> ParseGroup() {
    ORCH_RETURN_IF_ERROR(Descend());
    open_.push_back(at_);
    last_operator_ = "(";
    ++at_;
    ORCH_ASSIGN_OR_RETURN(ExpressionPtr inner, ParseOr());
    if (at_ >= text_.size()) return OpenAtEnd();
    if (text_[at_] != ')') return StatementFollows();
    open_.pop_back();
    --depth_;
    Finish(at_ + 1);
    return inner;
  }

  absl::StatusOr<ExpressionPtr> ParseQuotedClass() {
    ORCH_ASSIGN_OR_RETURN(const size_t close, CloseQuote(source_, at_));
    const absl::string_view name = text_.substr(at_ + 1, close - at_ - 1);
    if (name.empty()) {
      return source_.Error(at_, "an empty class is refused", "to choose all nodes give no filter at all");
    }
    ORCH_RETURN_IF_ERROR(CheckAfterClosing(source_, close + 1, "the closing quote"));
    Finish(close + 1);
    return MakeName(Expression::Kind::kClass, NameTest{std::string(name), nullptr});
  }

  absl::StatusOr<ExpressionPtr> ParseClassPattern() {
    ORCH_ASSIGN_OR_RETURN(ParsedPattern parsed, ParseCompoundPattern(source_, at_));
    Finish(parsed.end);
    std::string text = parsed.pattern->source();
    return MakeName(Expression::Kind::kClass, NameTest{std::move(text), std::move(parsed.pattern)});
  }

  absl::StatusOr<ExpressionPtr> ParseWord() {
    const size_t begin = at_;
    const size_t end = WordEnd(begin);
    const absl::string_view word = text_.substr(begin, end - begin);
    if (end < text_.size() && IsQuote(text_[end])) {
      return source_.Error(end, absl::StrCat("a quote ", source_.QuoteAt(end), " right after ", Source::Quote(word)),
                           "quote the whole value or the whole class");
    }
    if (end < text_.size() && text_[end] == '(' && !IsReserved(word)) return ParseCallStatement(begin, end);
    const size_t next = SkipBlanks(text_, end);
    const auto op = ReadOperator(text_, next);
    if (IsReserved(word)) {
      if (op.has_value()) return Reserved(begin, word);
      if (word == "not") return ParseNegation(word.size());
      return StatementExpected();
    }
    if (op.has_value()) {
      ORCH_RETURN_IF_ERROR(CheckFactName(source_, begin, end));
      ORCH_ASSIGN_OR_RETURN(Comparison comparison, ParseComparison(next));
      return MakeFact(word, std::move(comparison));
    }
    if (word.back() == '/') {
      return source_.Error(end - 1, absl::StrCat("the class ", Source::Quote(word), " ends with a slash"),
                           "write /pattern/ for a regular expression; quote it to mean a class");
    }
    Finish(end);
    return MakeName(Expression::Kind::kClass, NameTest{std::string(word), nullptr});
  }

  absl::StatusOr<ExpressionPtr> ParseCallStatement(size_t begin, size_t open) {
    ORCH_ASSIGN_OR_RETURN(ParsedCall parsed, ParseCall(source_, begin, open));
    const size_t next = SkipBlanks(text_, parsed.end);
    if (!ReadOperator(text_, next).has_value()) {
      return source_.Error(
          parsed.end, absl::StrCat("no comparison after ", Source::Quote(text_.substr(begin, parsed.end - begin))),
          absl::StrCat("write ", parsed.call.function, "(…).", parsed.call.field, "=value; ", kOperatorsText));
    }
    auto made = std::make_shared<Expression>();
    made->kind = Expression::Kind::kCall;
    made->call = std::move(parsed.call);
    ORCH_ASSIGN_OR_RETURN(made->comparison, ParseComparison(next));
    return ExpressionPtr(std::move(made));
  }

  // Parses OP VALUE; the operator is at `operator_at`.
  absl::StatusOr<Comparison> ParseComparison(size_t operator_at) {
    const OperatorAt op = *ReadOperator(text_, operator_at);
    const size_t after = operator_at + op.size;
    ORCH_ASSIGN_OR_RETURN(ParsedValue value, ParseCompoundValue(source_, op.op, after, SkipBlanks(text_, after)));
    Finish(value.end);
    return std::move(value.comparison);
  }

  size_t WordEnd(size_t from) const {
    while (from < text_.size() && !IsBlank(text_[from]) && !IsOperatorCharacter(text_[from]) && !IsQuote(text_[from]) &&
           text_[from] != '(' && text_[from] != ')') {
      ++from;
    }
    return from;
  }

  // Whether `word` is the next word; if so, skips it.
  bool TakeWord(absl::string_view word) {
    const size_t end = WordEnd(at_);
    if (text_.substr(at_, end - at_) != word) return false;
    if (end < text_.size() && IsQuote(text_[end])) return false;
    last_operator_ = word;
    at_ = end;
    return true;
  }

  void Finish(size_t end) {
    statement_end_ = end;
    at_ = SkipBlanks(text_, end);
  }

  absl::Status Descend() {
    if (++depth_ <= kMaxNesting) return absl::OkStatus();
    return source_.Error(at_, "parentheses and negations nest too deep",
                         absl::StrCat("at most ", kMaxNesting, " are accepted"));
  }

  absl::Status StatementExpected() const {
    if (at_ >= text_.size() && !open_.empty()) return OpenAtEnd();
    if (at_ < text_.size() && text_[at_] == ')' && open_.empty()) return UnmatchedClose();
    const size_t end = at_ < text_.size() ? std::max(WordEnd(at_), at_ + 1) : at_;
    const std::string found = end > at_ + 1 ? Source::Quote(text_.substr(at_, end - at_)) : source_.QuoteAt(at_);
    return source_.Error(
        at_,
        absl::StrCat("a class, fact comparison or data function expected",
                     last_operator_.empty() ? "" : absl::StrCat(" after '", last_operator_, "'"), ", found ", found),
        "write one there; quote and, or, not to mean text");
  }

  // The error for text after a statement that is neither and, or, `)` nor the end.
  absl::Status StatementFollows() const {
    const size_t end = WordEnd(at_);
    const absl::string_view word = text_.substr(at_, end - at_);
    if (at_ == statement_end_ && text_[at_] != '(') {
      return source_.Error(at_, absl::StrCat(source_.QuoteAt(at_), " right after a statement"),
                           "put 'and' or 'or' between two statements; quote a class with other characters");
    }
    if (end < text_.size() && IsQuote(text_[end]) && IsReserved(word)) {
      return source_.Error(end, absl::StrCat("a quote ", source_.QuoteAt(end), " right after ", Source::Quote(word)),
                           "put a blank between them");
    }
    const std::string found = word.empty() ? source_.QuoteAt(at_) : Source::Quote(word);
    return source_.Error(at_, absl::StrCat("and, or, ')' or the end expected, found ", found),
                         "join two statements with the lower-case words and, or; -W takes a list of words");
  }

  absl::Status Reserved(size_t at, absl::string_view word) const {
    return source_.Error(at, absl::StrCat(Source::Quote(word), " is a reserved word, not a fact's name"),
                         absl::StrCat("use -F for a fact of that name; quote it to mean a class: '", word, "'"));
  }

  absl::Status UnmatchedClose() const {
    return source_.Error(at_, "a ')' without its '('", "remove it, or open the group before it");
  }

  absl::Status OpenAtEnd() const {
    return source_.ErrorSeenAtEnd(open_.back(), "the '(' is not closed", "close it with ')'");
  }

  const Source& source_;
  const absl::string_view text_;
  size_t at_ = 0;
  size_t depth_ = 0;
  size_t statement_end_ = absl::string_view::npos;  // just after the last whole statement
  std::vector<size_t> open_;
  absl::string_view last_operator_;
};

}  // namespace

absl::StatusOr<ExpressionPtr> ParseCompoundOption(const Source& source) { return CompoundParser(source).Parse(); }

}  // namespace orch::filter
