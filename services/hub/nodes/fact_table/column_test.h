// One check of a filter over one column: a comparison, or a test of names, which is evaluated at most once for each
// distinct value, however many nodes share it. Lives for one Select, on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/hub/nodes/fact_table/column_view.h"
#include "services/hub/nodes/fact_table/path_walk.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/step_budget.h"

namespace orch::hub {

class ColumnTest {
 public:
  struct TextTest {
    std::function<bool(absl::string_view text)> holds;
    std::function<uint64_t(absl::string_view text)> steps;  // the cost of `holds`, at most
  };

  // The check holds for a value when `test` holds for any candidate of the value at the end of `walk`; when `negated`,
  // it holds in the opposite case. It never holds for a value from which the walk reaches nothing.
  ColumnTest(const ColumnView& column, PathWalk walk, TextTest test, bool negated, StepBudget* budget);

  // The slots of `within` for whose value the check holds. Meaningless once the budget is spent.
  SlotSet Select(const SlotSet& within);

 private:
  bool RootHolds(ValueId root);
  bool ValueHolds(ValueId id);
  bool TextHolds(ValueId id);

  const ColumnView& column_;
  const ValueView& values_;
  const PathWalk walk_;
  const TextTest test_;
  const bool negated_;
  StepBudget* const budget_;
  // By value id: 0 when it is not evaluated yet, otherwise 1 + the answer.
  std::vector<uint8_t> roots_;
  std::vector<uint8_t> texts_;
};

}  // namespace orch::hub
