// One option's text while it is parsed: where the parser may look, and how an error at a place in
// it reads. Owned by Filter::Parse for one call; not shared.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "filter/filter.h"
#include "filter/pattern.h"

namespace orch::filter {

inline constexpr size_t kMaxOptionBytes = 65536;
inline constexpr size_t kMaxNesting = 256;

// "-F" … "-S".
absl::string_view OptionLetter(OptionKind kind);

class Source {
 public:
  // `text` and `budget` must outlive this; without a budget patterns are bounded one by one only.
  Source(OptionKind kind, absl::string_view text, PatternBudget* budget = nullptr);

  // What needs no grammar: too long, empty, only blanks.
  absl::Status CheckWhole() const;
  // Once the parser is content: is there a byte it has not seen because no filter may hold it?
  absl::Status CheckBytes() const;

  // Whether the filter may have one more pattern.
  bool TakePattern() const { return budget_ == nullptr || budget_->Take(); }

  OptionKind kind() const { return kind_; }
  // The text up to the first NUL or byte that is not UTF-8.
  absl::string_view text() const { return text_; }

  // "-S: column 12: <what>; <todo>", the text, and a caret under the column. `offset` in bytes.
  absl::Status Error(size_t offset, absl::string_view what, absl::string_view todo) const;
  // The same for what shows only at the end of the text (an open quote, a missing value), so that a
  // forbidden byte before it is the first thing wrong.
  absl::Status ErrorSeenAtEnd(size_t offset, absl::string_view what, absl::string_view todo) const;

  // Blanks as spaces and other control characters as U+FFFD: a caret line stays aligned and a
  // terminal obeys nothing in it.
  static std::string Printable(absl::string_view text);
  // 'x' as it may stand in a message: control characters replaced, long text cut.
  static std::string Quote(absl::string_view text);
  // The character (all its bytes) at `offset`, quoted; "the end" beyond.
  std::string QuoteAt(size_t offset) const;

 private:
  absl::Status BadByte() const;
  absl::Status Format(size_t offset, absl::string_view what, absl::string_view todo) const;

  const OptionKind kind_;
  const absl::string_view whole_;
  const absl::string_view text_;
  PatternBudget* const budget_;
};

}  // namespace orch::filter
