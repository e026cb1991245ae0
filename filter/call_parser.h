// Parses a call of a data function in -S up to its field, fn('argument').field, and checks it against the table of data
// functions. The compound parser reads the operator and value after it. Pure.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "filter/expression.h"
#include "filter/source.h"

namespace orch::filter {

struct ParsedCall {
  DataCall call;
  size_t end = 0;  // the offset after the field
};

// The name is at [begin, open), and the `(` is at `open`.
absl::StatusOr<ParsedCall> ParseCall(const Source& source, size_t begin, size_t open);

}  // namespace orch::filter
