// Parses the value of a comparison by the table "Values" of FILTERS.md. -F and -W share one function; -S has its own,
// because there other words may follow the value. Pure.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "filter/expression.h"
#include "filter/lexer.h"
#include "filter/source.h"

namespace orch::filter {

struct ParsedValue {
  Comparison comparison;
  size_t end = 0;  // the offset after the value
};

// For -F and -W. The value is at [begin, end), not empty, and has no blank at either end unless it is quoted. A quoted
// value may end before `end`; the caller decides whether text may follow.
absl::StatusOr<ParsedValue> ParsePlainValue(const Source& source, Operator op, size_t begin, size_t end);

// For -S. Reads the value that starts at `begin`; `op` ends at `after_operator`. Checks the text after a quoted value
// or a regular expression.
absl::StatusOr<ParsedValue> ParseCompoundValue(const Source& source, Operator op, size_t after_operator, size_t begin);

// Parses a class, identity or plugin that is a regular expression at [begin, end). The last unescaped slash closes it.
absl::StatusOr<NameTest> ParseNamePattern(const Source& source, size_t begin, size_t end);

struct ParsedPattern {
  std::shared_ptr<const Pattern> pattern;
  size_t end = 0;
};
// For -S. Parses /regex/ or /regex/i that starts at `open`. The first unescaped slash closes it; only a blank, `)` or
// the end may follow.
absl::StatusOr<ParsedPattern> ParseCompoundPattern(const Source& source, size_t open);

// For -S. Refuses text after a quoted value or a regular expression that ends at `end`, except a blank, `)` or the end.
absl::Status CheckAfterClosing(const Source& source, size_t end, absl::string_view closed);

}  // namespace orch::filter
