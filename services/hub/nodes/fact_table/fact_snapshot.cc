#include "services/hub/nodes/fact_table/fact_snapshot.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_split.h"
#include "services/hub/nodes/fact_table/column_test.h"
#include "services/hub/nodes/fact_table/path_walk.h"
#include "services/hub/nodes/fact_table/selector.h"

namespace orch::hub {
namespace {

constexpr uint64_t kStepsPerNode = 32;  // to look a value up and note it

// A column and what a path reaches from its values.
struct Reach {
  const ColumnView* column = nullptr;
  PathWalk walk;
};

size_t BytesOf(const ValueView& values, ValueId id) {
  if (values.IsScalar(id)) return values.text(id).size();
  size_t bytes = 2;
  for (const ValueId part : values.parts(id)) bytes += 3 + BytesOf(values, part);
  return bytes;
}

// Where a fact is looked up: the whole name first, then what its dotted path reaches.
std::vector<Reach> ReachesOf(absl::string_view path, const FactColumns& columns) {
  std::vector<Reach> reaches;
  if (const ColumnView* whole = columns.FindFact(path)) reaches.push_back({whole, PathWalk(whole->values, {})});
  std::vector<absl::string_view> segments = absl::StrSplit(path, '.');
  if (const ColumnView* first = segments.size() > 1 ? columns.FindFact(segments.front()) : nullptr) {
    segments.erase(segments.begin());
    reaches.push_back({first, PathWalk(first->values, segments)});
  }
  return reaches;
}

// The nodes of each value, which is named by its place in `reaches` and its id.
using SlotsByValue = std::map<std::pair<size_t, ValueId>, std::vector<Slot>>;

// False when the node does not have the fact.
bool NoteValue(const std::vector<Reach>& reaches, Slot slot, SlotsByValue* by_id) {
  for (size_t i = 0; i < reaches.size(); ++i) {
    const ValueId root = reaches[i].column->rows.at(slot);
    if (root == kNoValue) continue;  // a node without the whole name is asked for the path
    const ValueId id = reaches[i].walk.From(root);
    if (id == kNoValue) return false;
    (*by_id)[{i, id}].push_back(slot);
    return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<FactSnapshot::Selection> FactSnapshot::Select(const filter::Filter& filter, StepBudget* budget,
                                                             const SlotSet* within) const {
  Selection selection;
  selection.nodes = columns_.live;
  if (within != nullptr) selection.nodes.Intersect(*within);
  if (filter.empty()) return selection;
  selection.ask_nodes = filter.has_data_functions();
  selection.nodes = Selector(&columns_, budget).Select(*filter.root(), selection.nodes, /*optimistic=*/true);
  if (!budget->ok()) return budget->status();
  return selection;
}

absl::StatusOr<SlotSet> FactSnapshot::InCollective(absl::string_view collective, StepBudget* budget) const {
  const ColumnTest::TextTest test{[collective](absl::string_view text) { return text == collective; },
                                  [](absl::string_view) { return uint64_t{1}; }};
  SlotSet found =
      ColumnTest(columns_.collectives, PathWalk(columns_.collectives.values, {}), test, /*negated=*/false, budget)
          .Select(columns_.live);
  if (!budget->ok()) return budget->status();
  return found;
}

absl::StatusOr<FactSnapshot::FactCounts> FactSnapshot::CountFact(absl::string_view path, const SlotSet& nodes,
                                                                 StepBudget* budget) const {
  FactCounts counts;
  const std::vector<Reach> reaches = ReachesOf(path, columns_);
  SlotsByValue by_id;
  nodes.ForEach([&](Slot slot) {
    if (!budget->Spend(kStepsPerNode) || !columns_.live.contains(slot)) return;
    if (!NoteValue(reaches, slot, &by_id)) ++counts.missing;
  });
  // Two columns may hold equal values under different ids.
  std::map<std::pair<std::string, std::string>, FactValue> by_text;
  for (auto& [key, slots] : by_id) {
    const ValueView& values = reaches[key.first].column->values;
    if (!budget->Spend(1 + BytesOf(values, key.second))) break;
    Json value = values.ToJson(key.second);
    const std::string json = DumpJson(value);
    const std::string text = filter::FactText(value).value_or(json);
    FactValue& entry = by_text[{text, json}];
    entry.value = std::move(value);
    entry.text = text;
    entry.slots.insert(entry.slots.end(), slots.begin(), slots.end());
  }
  if (!budget->ok()) return budget->status();
  counts.values.reserve(by_text.size());
  for (auto& [key, entry] : by_text) {
    std::sort(entry.slots.begin(), entry.slots.end());
    counts.values.push_back(std::move(entry));
  }
  return counts;
}

}  // namespace orch::hub
