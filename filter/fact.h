// Looking up a fact in a node's facts, and its text (the functions of filter.h), with the path
// split beforehand for callers that look up the same fact many times.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/filter.h"

namespace orch::filter {

// The index an array's segment means: 0|[1-9][0-9]*, nullopt for anything else or beyond memory.
std::optional<size_t> ArrayIndex(absl::string_view segment);

// One step of a dotted path; nullptr when there is nothing.
const Json* Step(const Json& value, absl::string_view segment);

}  // namespace orch::filter
