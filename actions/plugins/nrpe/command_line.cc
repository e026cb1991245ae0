#include "actions/plugins/nrpe/command_line.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr absl::string_view kShellOnly = "|&;<>()`*?[]{}\n";
constexpr absl::string_view kMacro = "$ARG";

class Splitter {
 public:
  Splitter(absl::string_view line, const std::vector<std::string>* arguments) : rest_(line), arguments_(arguments) {}

  absl::StatusOr<std::vector<std::string>> Split() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (absl::ascii_isblank(c)) {
        EndWord();
        rest_.remove_prefix(1);
      } else if (c == '\'' || c == '"') {
        ORCH_RETURN_IF_ERROR(Quoted(c));
      } else if (c == '$') {
        ORCH_RETURN_IF_ERROR(Macro());
      } else if (absl::StrContains(kShellOnly, c) || (AtWordStart() && (c == '#' || IsHome(rest_)))) {
        return ShellOnly(c);
      } else {
        ORCH_RETURN_IF_ERROR(Plain(/*escapes=*/""));
      }
    }
    EndWord();
    if (words_.empty()) return absl::InvalidArgumentError("is empty");
    return std::move(words_);
  }

 private:
  bool AtWordStart() const { return !solid_ && word_.empty(); }

  // A tilde that means a home folder; a range such as ~:10 does not.
  static bool IsHome(absl::string_view text) {
    return text[0] == '~' &&
           (text.size() == 1 || text[1] == '/' || absl::ascii_isspace(text[1]) || absl::ascii_isalpha(text[1]));
  }

  static absl::Status ShellOnly(char c) {
    return absl::InvalidArgumentError(
        absl::StrCat("holds ", c == '\n' ? "a line end" : std::string(1, c),
                     ", which only a shell understands; quote it, or put the command into a script"));
  }

  // Reads one character, with or without a backslash; inside quotes, a backslash escapes only those of `escapes`.
  absl::Status Plain(absl::string_view escapes) {
    if (rest_.front() == '\\' && (escapes.empty() || (rest_.size() > 1 && absl::StrContains(escapes, rest_[1])))) {
      rest_.remove_prefix(1);
      if (rest_.empty()) return absl::InvalidArgumentError("ends with a backslash");
    }
    word_ += rest_.front();
    solid_ = true;
    rest_.remove_prefix(1);
    return absl::OkStatus();
  }

  absl::Status Quoted(char quote) {
    rest_.remove_prefix(1);
    solid_ = true;
    while (!rest_.empty() && rest_.front() != quote) {
      if (quote == '"' && rest_.front() == '$') {
        ORCH_RETURN_IF_ERROR(Macro());
      } else if (quote == '"' && rest_.front() == '`') {
        return ShellOnly('`');
      } else if (quote == '"') {
        ORCH_RETURN_IF_ERROR(Plain("\\\"$`"));
      } else if (absl::StartsWith(rest_, kMacro)) {
        ORCH_RETURN_IF_ERROR(Macro());  // NRPE replaces it before anything reads the quotes
      } else {
        word_ += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    if (rest_.empty()) return absl::InvalidArgumentError("has a quote that is not closed");
    rest_.remove_prefix(1);
    return absl::OkStatus();
  }

  absl::Status Macro() {
    const size_t end = rest_.find('$', 1);
    size_t number = 0;
    if (!absl::StartsWith(rest_, kMacro) || end == absl::string_view::npos ||
        !absl::SimpleAtoi(rest_.substr(kMacro.size(), end - kMacro.size()), &number) || number == 0 ||
        number > kMaxCheckArguments) {
      return absl::InvalidArgumentError(absl::StrCat("holds a $ that is none of $ARG1$ to $ARG", kMaxCheckArguments,
                                                     "$; write \\$ for the character"));
    }
    if (arguments_ == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("takes arguments ($ARG", number, "$); they need plugin.nrpe.allow_args: true on the node"));
    }
    if (number <= arguments_->size()) word_ += (*arguments_)[number - 1];
    rest_.remove_prefix(end + 1);
    return absl::OkStatus();
  }

  void EndWord() {
    if (solid_ || !word_.empty()) words_.push_back(std::move(word_));
    word_.clear();
    solid_ = false;
  }

  absl::string_view rest_;
  const std::vector<std::string>* const arguments_;
  std::vector<std::string> words_;
  std::string word_;
  bool solid_ = false;  // the word stays though it is empty
};

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckArgv(absl::string_view line, const std::vector<std::string>* arguments) {
  return Splitter(line, arguments).Split();
}

}  // namespace orch::actions
