#include "services/hub/nodes/fact_table/column_test.h"

#include <utility>

namespace orch::hub {
namespace {

// A scan evaluates every distinct value first; when this many times fewer nodes are asked about,
// their values alone are evaluated.
constexpr size_t kFewNodes = 4;

constexpr size_t kRowsPerStep = 4;     // of a scan
constexpr uint64_t kStepsPerWalk = 8;  // from a value along a path

}  // namespace

ColumnTest::ColumnTest(const ColumnView& column, PathWalk walk, TextTest test, bool negated, StepBudget* budget)
    : column_(column),
      values_(column.values),
      walk_(std::move(walk)),
      test_(std::move(test)),
      negated_(negated),
      budget_(budget),
      roots_(values_.limit()),
      texts_(values_.limit()) {}

SlotSet ColumnTest::Select(const SlotSet& within) {
  const size_t nodes = within.size();
  if (!budget_->Spend(1 + nodes / kRowsPerStep + values_.limit() / kRowsPerStep)) return SlotSet();
  if (nodes < values_.limit() / kFewNodes) {
    SlotSet found;
    within.ForEach([&](Slot slot) {
      if (!budget_->ok()) return;
      if (const ValueId id = column_.rows.at(slot); id != kNoValue && RootHolds(id)) found.Insert(slot);
    });
    return found;
  }
  std::vector<uint8_t> table(values_.limit());
  for (ValueId id = kNoValue + 1; id < table.size() && budget_->ok(); ++id)
    if (values_.IsHeld(id)) table[id] = RootHolds(id) ? 1 : 0;
  return column_.rows.Scan(table, within);
}

bool ColumnTest::RootHolds(ValueId root) {
  if (roots_[root] == 0) {
    if (!budget_->Spend(kStepsPerWalk)) return false;
    const ValueId reached = walk_.From(root);
    roots_[root] = reached != kNoValue && ValueHolds(reached) != negated_ ? 2 : 1;
  }
  return roots_[root] == 2;
}

bool ColumnTest::ValueHolds(ValueId id) {
  if (values_.IsScalar(id)) return TextHolds(id);
  const auto parts = values_.parts(id);
  const size_t step = values_.IsMap(id) ? 2 : 1;  // of a map the keys
  for (size_t i = 0; i < parts.size() && budget_->Spend(1); i += step)
    if (values_.IsScalar(parts[i]) && TextHolds(parts[i])) return true;
  return false;
}

bool ColumnTest::TextHolds(ValueId id) {
  if (texts_[id] == 0) {
    const std::string& text = values_.text(id);
    if (!budget_->Spend(test_.steps(text))) return false;
    texts_[id] = test_.holds(text) ? 2 : 1;
  }
  return texts_[id] == 2;
}

}  // namespace orch::hub
