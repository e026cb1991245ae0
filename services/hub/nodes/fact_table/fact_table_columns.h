// What FactTable keeps, for its own sources only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "services/hub/nodes/fact_table/column_store.h"
#include "services/hub/nodes/fact_table/fact_table.h"
#include "services/hub/nodes/fact_table/selector.h"

namespace orch::hub {

struct FactTable::Columns {
  ColumnStore store;
  std::vector<std::string> identities;  // by slot; empty when free
  std::vector<size_t> weights;          // by slot: of its facts
  std::vector<Slot> free;
  Selector::Slots slots;
};

}  // namespace orch::hub
