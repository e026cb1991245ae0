// One fact of all nodes, for reading: the distinct values, and the value of each node. A copy keeps what the column was
// when it was made, and may be read on any thread.
#pragma once

#include "services/hub/nodes/fact_table/rows.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

struct ColumnView {
  ValueView values;
  Rows rows;
};

}  // namespace orch::hub
