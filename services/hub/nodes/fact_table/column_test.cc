#include "services/hub/nodes/fact_table/column_test.h"

#include <utility>

#include "filter/fact.h"

namespace orch::hub {
namespace {

// A scan evaluates every distinct value first; when this many times fewer nodes are asked about,
// their values alone are evaluated.
constexpr size_t kFewNodes = 4;

}  // namespace

PathWalk::PathWalk(const ValuePool& pool, const std::vector<absl::string_view>& segments) : pool_(pool) {
  for (const absl::string_view segment : segments) {
    const auto index = filter::ArrayIndex(segment);
    const bool usable = index.has_value() && *index <= static_cast<size_t>(INT64_MAX);
    segments_.push_back({pool.FindString(segment), usable ? static_cast<int64_t>(*index) : -1});
  }
}

ValueId PathWalk::From(ValueId id) const {
  for (const Segment& segment : segments_) {
    if (pool_.IsScalar(id)) return kNoValue;
    const auto parts = pool_.parts(id);
    if (pool_.IsArray(id)) {
      if (segment.index < 0 || static_cast<size_t>(segment.index) >= parts.size()) return kNoValue;
      id = parts[segment.index];
      continue;
    }
    if (segment.key == kNoValue) return kNoValue;
    size_t i = 0;
    while (i < parts.size() && parts[i] != segment.key) i += 2;
    if (i >= parts.size()) return kNoValue;
    id = parts[i + 1];
  }
  return id;
}

ColumnTest::ColumnTest(const FactColumn& column, PathWalk walk, TextTest test, bool negated)
    : column_(column),
      pool_(column.pool()),
      walk_(std::move(walk)),
      test_(std::move(test)),
      negated_(negated),
      roots_(pool_.limit()),
      texts_(pool_.limit()) {}

SlotSet ColumnTest::Select(const SlotSet& within) {
  if (within.size() < pool_.size() / kFewNodes) {
    SlotSet found;
    within.ForEach([&](Slot slot) {
      if (const ValueId id = column_.at(slot); id != kNoValue && RootHolds(id)) found.Insert(slot);
    });
    return found;
  }
  std::vector<uint8_t> table(pool_.limit());
  for (ValueId id = kNoValue + 1; id < table.size(); ++id)
    if (pool_.holders(id) > 0) table[id] = RootHolds(id) ? 1 : 0;
  return column_.Scan(table, within);
}

bool ColumnTest::RootHolds(ValueId root) {
  if (roots_[root] == 0) {
    const ValueId reached = walk_.From(root);
    roots_[root] = reached != kNoValue && ValueHolds(reached) != negated_ ? 2 : 1;
  }
  return roots_[root] == 2;
}

bool ColumnTest::ValueHolds(ValueId id) {
  if (pool_.IsScalar(id)) return TextHolds(id);
  const auto parts = pool_.parts(id);
  const size_t step = pool_.IsMap(id) ? 2 : 1;  // of a map the keys
  for (size_t i = 0; i < parts.size(); i += step)
    if (pool_.IsScalar(parts[i]) && TextHolds(parts[i])) return true;
  return false;
}

bool ColumnTest::TextHolds(ValueId id) {
  if (texts_[id] == 0) texts_[id] = test_(pool_.text(id)) ? 2 : 1;
  return texts_[id] == 2;
}

}  // namespace orch::hub
