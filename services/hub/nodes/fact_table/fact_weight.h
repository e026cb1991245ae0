// How much a node's facts weigh against its bound: the bytes of names and texts, and eight for each
// value. The same from JSON and from the columns.
#pragma once

#include <cstddef>

#include "base/json.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

bool IsDeeperThan(const Json& value, size_t levels);
size_t WeightOfValue(const Json& value);
size_t WeightOfValue(const ValueView& values, ValueId id);
// Of an object of facts, their names included.
size_t WeightOfFacts(const Json& facts);

}  // namespace orch::hub
