// One check of a filter over one column: a comparison (or a name test) evaluated at most once per
// distinct value, however many nodes share it. Lives for one Select, on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/hub/nodes/fact_table/column_view.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/step_budget.h"

namespace orch::hub {

// Follows a dotted path from the values of one column: keys of maps, indexes of arrays.
class PathWalk {
 public:
  // `segments`: after the column's own name. Both must outlive this.
  PathWalk(const ValueView& values, std::vector<absl::string_view> segments);
  // kNoValue when there is nothing.
  ValueId From(ValueId id) const;

 private:
  struct Segment {
    absl::string_view key;
    int64_t index;  // -1: not an index
  };
  const ValueView& values_;
  std::vector<Segment> segments_;
};

class ColumnTest {
 public:
  struct TextTest {
    std::function<bool(absl::string_view text)> holds;
    std::function<uint64_t(absl::string_view text)> steps;  // what `holds` takes at most
  };

  // Holds for a value at the end of `walk` when `test` does for any of its candidates; the opposite
  // of that when `negated`. A value the walk does not reach never holds.
  ColumnTest(const ColumnView& column, PathWalk walk, TextTest test, bool negated, StepBudget* budget);

  // The slots of `within` whose value holds. Of no use once the budget is spent.
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
  // By value id; 0: not evaluated yet, else 1 + the answer.
  std::vector<uint8_t> roots_;
  std::vector<uint8_t> texts_;
};

}  // namespace orch::hub
