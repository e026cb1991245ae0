// What the hub knew about its nodes at one moment, as far as one question needs it: the columns of the facts that the
// question names. Made by FactTable::Freeze on the hub's loop, for a few counts for each column; then read on any one
// thread while the table changes. Select answers exactly as filter::Narrow does on each node.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/filter.h"
#include "services/hub/nodes/fact_table/fact_columns.h"
#include "services/hub/nodes/fact_table/node_names.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/step_budget.h"

namespace orch::hub {

class FactSnapshot {
 public:
  struct Selection {
    SlotSet nodes;           // filter::Verdict kYes, or kAskNode when `ask_nodes`; kNo for all others
    bool ask_nodes = false;  // the filter has data functions: every one of `nodes` must decide itself
  };
  // Selects the nodes for which the filter holds. `within`: only these nodes (a collective, the connected ones); null:
  // all nodes. The snapshot must contain the filter's names. When the budget is spent or the question was cancelled,
  // returns the budget's status, here and below.
  absl::StatusOr<Selection> Select(const filter::Filter& filter, StepBudget* budget,
                                   const SlotSet* within = nullptr) const;
  // The nodes that have `collective` in their list.
  absl::StatusOr<SlotSet> InCollective(absl::string_view collective, StepBudget* budget) const;

  struct FactValue {
    Json value;
    std::string text;         // of a scalar as FILTERS.md defines it; of arrays and maps compact JSON
    std::vector<Slot> slots;  // ascending
  };
  struct FactCounts {
    std::vector<FactValue> values;  // by text; values that differ as JSON are separate (10, "10")
    size_t missing = 0;             // how many of `nodes` do not have the fact
  };
  // The values that a fact (name or dotted path, looked up as in a filter) has on `nodes`.
  absl::StatusOr<FactCounts> CountFact(absl::string_view path, const SlotSet& nodes, StepBudget* budget) const;

  const NodeNames& names() const { return columns_.names; }
  const SlotSet& live() const { return columns_.live; }

 private:
  friend class FactTable;

  FactColumns columns_;
};

}  // namespace orch::hub
