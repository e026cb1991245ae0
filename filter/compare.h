// The comparison rules of the filter language: one candidate text against a filter's value, and a
// stored value (scalar, array or map) through its candidates. Pure; numbers and versions of any
// length are compared exactly, as text, without arithmetic types.
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

// Exact decimals: negative, zero or positive as a is below, equal to or above b. Both kNumber.
int CompareNumbers(absl::string_view a, absl::string_view b);
// By component; absent ones are 0. kNumber or kVersion each; a `+` is dropped, and a number with
// `-` is below every version.
int CompareVersions(absl::string_view a, absl::string_view b);

// Whether `candidate` satisfies the comparison; for != and !~ whether it satisfies = and =~, since
// those are the opposite over all candidates of a value.
bool CandidateHolds(const Comparison& comparison, absl::string_view candidate);

// The steps which CandidateHolds takes at most: what a budget is charged (one step is some nanoseconds).
uint64_t StepsOf(const Comparison& comparison, absl::string_view candidate);

// Whether the comparison holds for a value that was found.
bool ValueHolds(const Comparison& comparison, const Json& value);

// Calls visit(text) for each candidate until it returns true; whether it did.
bool AnyCandidate(const Json& value, const std::function<bool(absl::string_view)>& visit);

}  // namespace orch::filter
