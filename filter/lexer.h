// The tokens of the filter language, which are the same in every option: operators, quoted texts, slashes and flags.
// Pure; offsets are bytes.
#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/expression.h"
#include "filter/source.h"

namespace orch::filter {

// A part of error messages.
inline constexpr absl::string_view kOperatorsText = "the operators are = == != =~ !~ < <= > >=";

struct OperatorAt {
  Operator op;
  size_t size;
};
// Returns the longest operator that starts at `offset`.
std::optional<OperatorAt> ReadOperator(absl::string_view text, size_t offset);
// Returns the offset of the leftmost operator in [from, to); npos if there is none.
size_t FindOperator(absl::string_view text, size_t from, size_t to);

// Returns the offset of the quote that closes the one at `open`.
absl::StatusOr<size_t> CloseQuote(const Source& source, size_t open);

// Find the first or last slash in [from, to) that an even number of backslashes precedes; npos if there is none.
size_t FindUnescapedSlash(absl::string_view text, size_t from, size_t to);
size_t FindLastUnescapedSlash(absl::string_view text, size_t from, size_t to);

// Returns the text between slashes with `\/` replaced by a slash.
std::string UnescapeSlashes(absl::string_view pattern);

// The flags after the closing slash of a regular expression: the letters from `from` to at most `to`.
struct Flags {
  bool ignore_case = false;
  size_t end = 0;  // the offset after the last letter
};
absl::StatusOr<Flags> ReadFlags(const Source& source, size_t from, size_t to);

// Compiles the text at [begin, end). `delimited` means that slashes enclose it. Errors are those in the table of
// FILTERS.md.
absl::StatusOr<std::shared_ptr<const Pattern>> CompilePattern(const Source& source, size_t begin, size_t end,
                                                              bool ignore_case, bool delimited);

// Refuses a fact name with a forbidden character; [begin, end) must not be empty.
absl::Status CheckFactName(const Source& source, size_t begin, size_t end);
// The error for the operator at `offset` without a name before it.
absl::Status FactNameMissing(const Source& source, size_t offset);
// The error for a missing value after the operator that ends at `offset`.
absl::Status ValueMissing(const Source& source, size_t offset);

}  // namespace orch::filter
