// The value of a comparison, by the table "Values" of FILTERS.md. -F and -W share one reading, -S
// has its own: there a value stands among other words.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "filter/expression.h"
#include "filter/lexer.h"
#include "filter/source.h"

namespace orch::filter {

struct ParsedValue {
  Comparison comparison;
  size_t end = 0;  // offset just after the value
};

// -F, -W: the value is [begin, end), not empty, no blank at either end unless quoted. A quoted value
// may close before `end`; the caller decides what may follow.
absl::StatusOr<ParsedValue> ParsePlainValue(const Source& source, Operator op, size_t begin, size_t end);

// -S: reads the value that starts at `begin`, after `op` that ends at `after_operator`. What follows
// a quoted or regex value is checked here.
absl::StatusOr<ParsedValue> ParseCompoundValue(const Source& source, Operator op, size_t after_operator, size_t begin);

// A class, identity or plugin given as /regex/ in [begin, end): closed by its last unescaped slash.
absl::StatusOr<NameTest> ParseNamePattern(const Source& source, size_t begin, size_t end);

struct ParsedPattern {
  std::shared_ptr<const Pattern> pattern;
  size_t end = 0;
};
// -S: /regex/ or /regex/i that starts at `open`, closed by its first unescaped slash. Only a blank,
// `)` or the end may follow.
absl::StatusOr<ParsedPattern> ParseCompoundPattern(const Source& source, size_t open);

// -S: what may follow a quote or a regex that ends at `end`: a blank, `)` or the end.
absl::Status CheckAfterClosing(const Source& source, size_t end, absl::string_view closed);

}  // namespace orch::filter
