// The text of one option during parsing. It limits the text that the parser sees and formats errors at a place in it.
// Filter::Parse owns it for one call. Not thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "filter/option.h"
#include "filter/pattern.h"
#include "filter/pattern_budget.h"

namespace orch::filter {

inline constexpr size_t kMaxOptionBytes = 65536;
inline constexpr size_t kMaxNesting = 256;

// Returns "-F" to "-S".
absl::string_view OptionLetter(OptionKind kind);

class Source {
 public:
  // `text` and `budget` must outlive this object. Without a budget the number of patterns is not limited.
  Source(OptionKind kind, absl::string_view text, PatternBudget* budget = nullptr);

  // Checks that need no grammar: refuses a text that is too long, empty or blank.
  absl::Status CheckWhole() const;
  // Called after successful parsing: refuses a text with a forbidden byte, which the parser has not seen.
  absl::Status CheckBytes() const;

  // Counts one more pattern. False if the filter has too many.
  bool TakePattern() const { return budget_ == nullptr || budget_->Take(); }

  OptionKind kind() const { return kind_; }
  // The text up to the first NUL or the first byte that is not UTF-8.
  absl::string_view text() const { return text_; }

  // Returns "-S: column 12: <what>; <todo>", the text, and a caret under the column. `offset` counts bytes.
  absl::Status Error(size_t offset, absl::string_view what, absl::string_view todo) const;
  // The same for faults that show only at the end of the text, such as an open quote. If the text has a forbidden byte,
  // which ends the parser's view, this returns the error about the byte instead.
  absl::Status ErrorSeenAtEnd(size_t offset, absl::string_view what, absl::string_view todo) const;

  // Replaces blanks by spaces and other control characters by U+FFFD, so that the caret stays aligned and the text does
  // not control the terminal.
  static std::string Printable(absl::string_view text);
  // Quotes a text for a message; replaces control characters and cuts a long text.
  static std::string Quote(absl::string_view text);
  // Quotes the character at `offset`; returns "the end" at the end of the text.
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
