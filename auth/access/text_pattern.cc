#include "auth/access/text_pattern.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "re2/re2.h"

namespace orch::auth {
namespace {

constexpr int64_t kMaxPatternMemory = 256 << 10;

re2::StringPiece StringPieceOf(absl::string_view text) { return {text.data(), text.size()}; }

absl::Status RefusedPattern(absl::string_view word, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the regular expression ", Printable(word), " is refused: ", why));
}

}  // namespace

absl::StatusOr<TextPattern> TextPattern::Parse(absl::string_view word, Dot dot) {
  TextPattern pattern;
  pattern.text_ = std::string(word);
  if (!absl::StartsWith(word, "/")) return pattern;
  if (word.size() < 2 || !absl::EndsWith(word, "/")) {
    return RefusedPattern(word, "a slash must close it; no letters follow, write (?i) at its start to ignore case");
  }
  const absl::string_view source = word.substr(1, word.size() - 2);
  if (source.empty()) return RefusedPattern(word, "it is empty; write /.*/ for every text");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  options.set_dot_nl(dot == Dot::kAnything);
  auto regex = std::make_shared<re2::RE2>(StringPieceOf(source), options);
  if (!regex->ok()) return RefusedPattern(word, regex->error());
  if (regex->ProgramSize() > kMaxTextPatternSize) {
    return RefusedPattern(word, absl::StrCat("it makes a program of ", regex->ProgramSize(),
                                             " instructions, more than ", kMaxTextPatternSize));
  }
  pattern.regex_ = std::move(regex);
  return pattern;
}

bool TextPattern::Fits(absl::string_view text) const {
  return regex_ == nullptr ? text == text_ : re2::RE2::FullMatch(StringPieceOf(text), *regex_);
}

}  // namespace orch::auth
