// The smallest pieces of the filter language, the same in every option: blanks, operators, quotes,
// slashes and flags. Pure functions over text; offsets are bytes.
#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/expression.h"
#include "filter/source.h"

namespace orch::filter {

// "the operators are …", for messages.
inline constexpr absl::string_view kOperatorsText = "the operators are = == != =~ !~ < <= > >=";

bool IsBlank(char c);
bool IsOperatorCharacter(char c);  // = < > ! ~
bool IsQuote(char c);
bool IsReserved(absl::string_view word);  // and, or, not

// First offset at or after `from` that is no blank (or the end).
size_t SkipBlanks(absl::string_view text, size_t from);
// First offset at or after `from` that is a blank (or the end).
size_t FindBlank(absl::string_view text, size_t from);

struct OperatorAt {
  Operator op;
  size_t size;
};
// The longest operator that starts at `offset`.
std::optional<OperatorAt> ReadOperator(absl::string_view text, size_t offset);
// The leftmost operator in [from, to); npos when there is none.
size_t FindOperator(absl::string_view text, size_t from, size_t to);

// The offset of the quote that closes the one at `open`.
absl::StatusOr<size_t> CloseQuote(const Source& source, size_t open);

// Unescaped: an even number of backslashes precede it. npos when there is none in [from, to).
size_t FindUnescapedSlash(absl::string_view text, size_t from, size_t to);
size_t FindLastUnescapedSlash(absl::string_view text, size_t from, size_t to);

// What stands between slashes, `\/` made a slash.
std::string UnescapeSlashes(absl::string_view pattern);

// The flags after a regex's closing slash: letters from `from` on, up to `to`; true for `i`.
struct Flags {
  bool ignore_case = false;
  size_t end = 0;  // one past the last letter
};
absl::StatusOr<Flags> ReadFlags(const Source& source, size_t from, size_t to);

// Compiles [begin, end) of the source; `delimited` by slashes. Errors as the table of FILTERS.md.
absl::StatusOr<std::shared_ptr<const Pattern>> CompilePattern(const Source& source, size_t begin, size_t end,
                                                              bool ignore_case, bool delimited);

// Refuses a fact name that holds a character it may not; [begin, end) is not empty.
absl::Status CheckFactName(const Source& source, size_t begin, size_t end);
// The operator at `offset` has no name before it.
absl::Status FactNameMissing(const Source& source, size_t offset);
// Nothing stands after the operator that ends at `offset`.
absl::Status ValueMissing(const Source& source, size_t offset);

}  // namespace orch::filter
