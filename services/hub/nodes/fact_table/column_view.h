// One fact of all nodes, for reading: the distinct values, and the value of each node. A copy keeps what the column was
// when it was made, and may be read on any thread.
#pragma once

#include <string>
#include <vector>

#include "services/hub/nodes/fact_table/rows.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

struct ColumnView {
  ValueView values;
  Rows rows;
};

// The names that a column of name lists has for a node.
std::vector<std::string> NamesOf(const ColumnView& column, Slot slot);

}  // namespace orch::hub
