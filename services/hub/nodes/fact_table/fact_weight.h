// The weight of a node's facts, which is bounded: the bytes of names and texts, and eight for each value. The weight is
// the same for JSON and for columns. Pure functions.
#pragma once

#include <cstddef>

#include "base/json.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

bool IsDeeperThan(const Json& value, size_t levels);
size_t WeightOfValue(const Json& value);
size_t WeightOfValue(const ValueView& values, ValueId id);
// The weight of an object of facts, with their names.
size_t WeightOfFacts(const Json& facts);

}  // namespace orch::hub
