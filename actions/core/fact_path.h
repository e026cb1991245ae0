// Looks up a fact as the filter language does (docs/FILTERS.md). Pure.
#pragma once

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::actions {

// Takes the whole name as a key or, if there is none, its parts between dots as keys of maps and indices of arrays.
// Returns nullptr if there is no such fact. The result refers into `facts`.
const Json* FindFact(const Json& facts, absl::string_view name);

}  // namespace orch::actions
