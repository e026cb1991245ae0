// A text, or a regular expression between slashes, that fits a whole text and never a part of one. RE2 needs time in
// proportion to the text. A value; thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace orch::auth {

// The instructions of one compiled expression, and the memory of its caches.
inline constexpr int kMaxTextPatternSize = 2000;

class TextPattern {
 public:
  // Whether "." fits a line break. It must where the pattern forbids something, since a line break would evade the
  // pattern, and must not where it permits something.
  enum class Dot { kNoLineBreak, kAnything };

  TextPattern() = default;
  // "/…/" is an expression, anything else a text. InvalidArgument for an expression that RE2 refuses, that is empty or
  // too large, and for a slash at the start without one at the end.
  static absl::StatusOr<TextPattern> Parse(absl::string_view word, Dot dot = Dot::kNoLineBreak);

  bool Fits(absl::string_view text) const;
  bool is_regex() const { return regex_ != nullptr; }
  const std::string& text() const { return text_; }  // as written

 private:
  std::string text_;
  std::shared_ptr<const re2::RE2> regex_;  // null: the text itself
};

}  // namespace orch::auth
