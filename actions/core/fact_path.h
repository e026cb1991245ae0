// Looking up a fact as the filter language does (docs/FILTERS.md).
#pragma once

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::actions {

// The whole name as a key; if there is none, parts between dots: keys of maps, indices of arrays.
// nullptr when nothing is there. Refers into `facts`.
const Json* FindFact(const Json& facts, absl::string_view name);

}  // namespace orch::actions
