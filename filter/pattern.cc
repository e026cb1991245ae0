#include "filter/pattern.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace orch::filter {
namespace {

re2::RE2::Options PatternOptions(bool ignore_case) {
  re2::RE2::Options options;  // UTF-8, Perl syntax, . without newline
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  options.set_case_sensitive(!ignore_case);
  return options;
}

re2::StringPiece Piece(absl::string_view text) { return re2::StringPiece(text.data(), text.size()); }

}  // namespace

Pattern::Pattern(absl::string_view source, bool ignore_case)
    : source_(source),
      ignore_case_(ignore_case),
      regex_(std::make_unique<re2::RE2>(Piece(source), PatternOptions(ignore_case))) {}

Pattern::~Pattern() = default;

absl::StatusOr<std::shared_ptr<const Pattern>> Pattern::Compile(absl::string_view source, bool ignore_case) {
  std::shared_ptr<const Pattern> pattern(new Pattern(source, ignore_case));
  if (!pattern->regex_->ok()) return absl::InvalidArgumentError(pattern->regex_->error());
  if (pattern->regex_->ProgramSize() > kMaxPatternSize) {
    return absl::InvalidArgumentError(absl::StrCat("pattern too large: it makes a program of ",
                                                   pattern->regex_->ProgramSize(), " instructions, more than ",
                                                   kMaxPatternSize));
  }
  return pattern;
}

bool Pattern::Finds(absl::string_view text) const {
  return text.size() <= kMaxSearchedBytes && re2::RE2::PartialMatch(Piece(text), *regex_);
}

uint64_t Pattern::Steps(absl::string_view text) const {
  if (text.size() > kMaxSearchedBytes) return 1;
  return (text.size() + 1) * static_cast<uint64_t>(regex_->ProgramSize());
}

std::string Pattern::Written() const { return absl::StrCat("/", source_, ignore_case_ ? "/i" : "/"); }

}  // namespace orch::filter
