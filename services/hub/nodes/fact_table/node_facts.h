// The facts and classes of one node at one moment. Made by FactTable::FreezeNode on the hub's loop; then read on any
// one thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "services/hub/nodes/fact_table/column_view.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

class NodeFacts {
 public:
  Json facts() const;
  std::vector<std::string> classes() const;

 private:
  friend class FactTable;

  Slot slot_ = kNoSlot;
  std::vector<std::pair<std::string, ColumnView>> facts_;
  ColumnView classes_;
};

}  // namespace orch::hub
