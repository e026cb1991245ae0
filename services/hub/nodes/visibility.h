// Which nodes one caller may see. The rules of the hub implement it (services/hub/access); a question without one sees
// every node. Never changes. Off the loop; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "services/hub/nodes/fact_table/column_names.h"
#include "services/hub/nodes/fact_table/fact_snapshot.h"

namespace orch::hub {

class Visibility {
 public:
  virtual ~Visibility() = default;
  // Adds the columns that Select reads.
  virtual void AddColumns(ColumnNames* names) const = 0;
  // Those of `within` that the caller may see. When the budget is spent, returns its status.
  virtual absl::StatusOr<SlotSet> Select(const FactSnapshot& facts, const SlotSet& within,
                                         StepBudget* budget) const = 0;
};

}  // namespace orch::hub
