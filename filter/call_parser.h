// A data function of -S up to its field: fn('argument').field, checked against the table of data
// functions. The operator and value after it are the compound parser's.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "filter/expression.h"
#include "filter/source.h"

namespace orch::filter {

struct ParsedCall {
  DataCall call;
  size_t end = 0;  // just after the field
};

// The name is [begin, open), and `(` stands at `open`.
absl::StatusOr<ParsedCall> ParseCall(const Source& source, size_t begin, size_t open);

}  // namespace orch::filter
