// One check of a filter over one column: a comparison (or a name test) evaluated at most once per
// distinct value, however many nodes share it. Lives for one Select; hub's loop only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/hub/nodes/fact_table/fact_column.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/value_pool.h"

namespace orch::hub {

// Follows a dotted path from the values of one column: keys of maps, indexes of arrays.
class PathWalk {
 public:
  // `segments`: after the column's own name. Valid while the pool does not change.
  PathWalk(const ValuePool& pool, const std::vector<absl::string_view>& segments);
  // kNoValue when there is nothing.
  ValueId From(ValueId id) const;

 private:
  struct Segment {
    ValueId key;    // kNoValue: no map of the pool has it
    int64_t index;  // -1: not an index
  };
  const ValuePool& pool_;
  std::vector<Segment> segments_;
};

class ColumnTest {
 public:
  using TextTest = std::function<bool(absl::string_view text)>;

  // Holds for a value at the end of `walk` when `test` does for any of its candidates; the opposite
  // of that when `negated`. A value the walk does not reach never holds.
  ColumnTest(const FactColumn& column, PathWalk walk, TextTest test, bool negated);

  // The slots of `within` whose value holds.
  SlotSet Select(const SlotSet& within);

 private:
  bool RootHolds(ValueId root);
  bool ValueHolds(ValueId id);
  bool TextHolds(ValueId id);

  const FactColumn& column_;
  const ValuePool& pool_;
  const PathWalk walk_;
  const TextTest test_;
  const bool negated_;
  // By value id; 0: not evaluated yet, else 1 + the answer.
  std::vector<uint8_t> roots_;
  std::vector<uint8_t> texts_;
};

}  // namespace orch::hub
