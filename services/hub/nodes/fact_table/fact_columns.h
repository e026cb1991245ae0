// The columns of the fact table that one question reads, as they were at one moment. A FactSnapshot owns them;
// FactTable fills them on the hub's loop, and then any one thread may read them.
#pragma once

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/hub/nodes/fact_table/column_view.h"
#include "services/hub/nodes/fact_table/node_names.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

struct FactColumns {
  // The facts that the question names; nullopt if no node has a fact of that name.
  absl::flat_hash_map<std::string, std::optional<ColumnView>> facts;
  ColumnView classes;
  ColumnView plugins;
  ColumnView collectives;
  NodeNames names;
  SlotSet live;  // the nodes that exist

  // Null if no node has a fact of that name. The name must be among those that were frozen.
  const ColumnView* FindFact(absl::string_view name) const {
    const std::optional<ColumnView>& column = facts.at(name);
    return column.has_value() ? &*column : nullptr;
  }
};

}  // namespace orch::hub
