#include "filter/call_parser.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/characters.h"
#include "filter/data_function_table.h"
#include "filter/lexer.h"
#include "filter/utf8.h"

namespace orch::filter {
namespace {

size_t CountCharacters(absl::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); i += Utf8Length(text, i)) ++count;
  return count;
}

class CallParser {
 public:
  CallParser(const Source& source, size_t begin, size_t open)
      : source_(source), text_(source.text()), begin_(begin), open_(open) {}

  absl::StatusOr<ParsedCall> Parse() {
    call_.function = std::string(text_.substr(begin_, open_ - begin_));
    function_ = FindDataFunction(call_.function);
    if (function_ == nullptr) {
      return source_.Error(begin_, absl::StrCat("no data function ", Source::Quote(call_.function)),
                           absl::StrCat("the data functions are ", DataFunctionNames()));
    }
    ORCH_RETURN_IF_ERROR(ParseArguments());
    ORCH_RETURN_IF_ERROR(ParseField());
    call_.key = call_.function;
    for (const std::string& argument : call_.arguments)
      absl::StrAppend(&call_.key, absl::string_view("\0", 1), argument);
    return ParsedCall{std::move(call_), at_};
  }

 private:
  absl::Status ParseArguments() {
    at_ = SkipBlanks(text_, open_ + 1);
    if (at_ < text_.size() && text_[at_] != ')') {
      ORCH_RETURN_IF_ERROR(ParseArgument());
      while (at_ < text_.size() && text_[at_] == ',') {
        at_ = SkipBlanks(text_, at_ + 1);
        ORCH_RETURN_IF_ERROR(ParseArgument());
      }
    }
    if (at_ >= text_.size()) {
      return source_.ErrorSeenAtEnd(open_, absl::StrCat("the '(' of ", call_.function, " is not closed"), Example());
    }
    if (text_[at_] != ')') {
      return source_.Error(at_, absl::StrCat("',' or ')' expected, found ", source_.QuoteAt(at_)), Example());
    }
    if (call_.arguments.size() < function_->min_arguments) return WrongNumber();
    ++at_;
    return absl::OkStatus();
  }

  absl::Status ParseArgument() {
    if (at_ >= text_.size()) return absl::OkStatus();  // reported as the open parenthesis
    if (!IsQuote(text_[at_])) {
      return source_.Error(
          at_, absl::StrCat("an argument of ", call_.function, " that is not quoted: ", source_.QuoteAt(at_)),
          Example());
    }
    if (call_.arguments.size() >= function_->max_arguments) return WrongNumber();
    ORCH_ASSIGN_OR_RETURN(const size_t close, CloseQuote(source_, at_));
    const absl::string_view argument = text_.substr(at_ + 1, close - at_ - 1);
    if (argument.empty()) {
      return source_.Error(at_, absl::StrCat("an empty argument of ", call_.function), Example());
    }
    if (CountCharacters(argument) > function_->max_length) {
      return source_.Error(at_, absl::StrCat("the argument of ", call_.function, " is too long"),
                           absl::StrCat("at most ", function_->max_length, " characters are accepted"));
    }
    call_.arguments.emplace_back(argument);
    at_ = SkipBlanks(text_, close + 1);
    return absl::OkStatus();
  }

  absl::Status ParseField() {
    if (at_ >= text_.size() || text_[at_] != '.') return NoField();
    ++at_;
    size_t end = at_;
    while (end < text_.size() && !IsBlank(text_[end]) && !IsOperatorCharacter(text_[end]) && !IsQuote(text_[end]) &&
           text_[end] != '(' && text_[end] != ')') {
      ++end;
    }
    const absl::string_view field = text_.substr(at_, end - at_);
    if (field.empty()) return NoField();
    if (!function_->HasField(field)) {
      return source_.Error(at_, absl::StrCat(call_.function, " has no field ", Source::Quote(field)),
                           absl::StrCat("its fields are ", FieldNames(*function_)));
    }
    call_.field = std::string(field);
    at_ = end;
    return absl::OkStatus();
  }

  absl::Status NoField() const {
    return source_.Error(at_, absl::StrCat("a field of ", call_.function, " expected, found ", source_.QuoteAt(at_)),
                         absl::StrCat(Example(), "; its fields are ", FieldNames(*function_)));
  }

  absl::Status WrongNumber() const {
    const std::string takes = function_->max_arguments == 0   ? "no argument"
                              : function_->min_arguments == 0 ? "at most one argument"
                                                              : "one argument";
    return source_.Error(open_, absl::StrCat(call_.function, " takes ", takes), Example());
  }

  std::string Example() const {
    return absl::StrCat("write ", call_.function, function_->max_arguments == 0 ? "()" : "('argument')",
                        ".field=value");
  }

  const Source& source_;
  const absl::string_view text_;
  const size_t begin_;
  const size_t open_;
  const DataFunction* function_ = nullptr;
  DataCall call_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<ParsedCall> ParseCall(const Source& source, size_t begin, size_t open) {
  return CallParser(source, begin, open).Parse();
}

}  // namespace orch::filter
