// The comparison rules of the filter language: compares one candidate text with the value of a filter, and a stored
// value (scalar, array or map) by its candidates. Numbers and versions of any length are compared exactly, as text.
// Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/expression.h"

namespace orch::filter {

// kNumber: [+-]?[0-9]+(\.[0-9]+)?   kVersion: [0-9]+(\.[0-9]+){2,}
Shape ShapeOf(absl::string_view text);

// Compares exact decimals: the result is negative, zero or positive if a is below, equal to or above b. Both must be
// kNumber.
int CompareNumbers(absl::string_view a, absl::string_view b);
// Compares by component; an absent one is 0. Each text must be kNumber or kVersion. A `+` is ignored, and a number with
// `-` is below every version.
int CompareVersions(absl::string_view a, absl::string_view b);

// Whether `candidate` satisfies the comparison. For != and !~ the result is that of = and =~, because these operators
// negate over all candidates of a value.
bool CandidateHolds(const Comparison& comparison, absl::string_view candidate);

// An upper bound of the steps that CandidateHolds takes, for budgets; one step takes a few nanoseconds.
uint64_t StepsOf(const Comparison& comparison, absl::string_view candidate);

// Whether the comparison holds for a value that exists.
bool ValueHolds(const Comparison& comparison, const Json& value);

// Calls visit(text) for each candidate until one call returns true. Returns whether one did.
bool AnyCandidate(const Json& value, const std::function<bool(absl::string_view)>& visit);

}  // namespace orch::filter
