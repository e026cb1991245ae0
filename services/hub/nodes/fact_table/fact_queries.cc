// FactTable's questions: which nodes a filter chooses, and what values a fact has.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_split.h"
#include "services/hub/nodes/fact_table/column_test.h"
#include "services/hub/nodes/fact_table/fact_table.h"
#include "services/hub/nodes/fact_table/fact_table_columns.h"

namespace orch::hub {
namespace {

// A column and what a path reaches from its values.
struct Reach {
  const FactColumn* column = nullptr;
  PathWalk walk;
};

std::vector<Reach> ReachesOf(const ColumnStore& store, absl::string_view path) {
  std::vector<Reach> reaches;
  if (const FactColumn* whole = store.FindFact(path); whole != nullptr) {
    reaches.push_back({whole, PathWalk(whole->pool(), {})});
  }
  std::vector<absl::string_view> segments = absl::StrSplit(path, '.');
  const FactColumn* first = segments.size() > 1 ? store.FindFact(segments.front()) : nullptr;
  if (first != nullptr) {
    segments.erase(segments.begin());
    reaches.push_back({first, PathWalk(first->pool(), segments)});
  }
  return reaches;
}

}  // namespace

FactTable::Selection FactTable::Select(const filter::Filter& filter, const SlotSet* within) const {
  Selection selection;
  selection.nodes = live_;
  if (within != nullptr) selection.nodes.Intersect(*within);
  if (filter.empty()) return selection;
  selection.ask_nodes = filter.has_data_functions();
  const Selector selector(columns_->store, columns_->identities, columns_->slots);
  selection.nodes = selector.Select(*filter.root(), selection.nodes, /*optimistic=*/true);
  return selection;
}

SlotSet FactTable::InCollective(absl::string_view collective) const {
  const FactColumn& column = columns_->store.collectives;
  const auto test = [collective](absl::string_view text) { return text == collective; };
  return ColumnTest(column, PathWalk(column.pool(), {}), test, /*negated=*/false).Select(live_);
}

FactTable::FactCounts FactTable::CountFact(absl::string_view path, const SlotSet& nodes) const {
  FactCounts counts;
  const std::vector<Reach> reaches = ReachesOf(columns_->store, path);
  std::map<std::pair<size_t, ValueId>, std::vector<Slot>> by_id;
  nodes.ForEach([&](Slot slot) {
    if (!IsLive(slot)) return;
    for (size_t i = 0; i < reaches.size(); ++i) {
      const ValueId root = reaches[i].column->at(slot);
      if (root == kNoValue) continue;  // a node without the whole name is asked for the path
      const ValueId id = reaches[i].walk.From(root);
      if (id == kNoValue) break;
      by_id[{i, id}].push_back(slot);
      return;
    }
    ++counts.missing;
  });
  // Two columns may hold equal values under different ids.
  std::map<std::pair<std::string, std::string>, FactValue> by_text;
  for (auto& [key, slots] : by_id) {
    Json value = reaches[key.first].column->pool().ToJson(key.second);
    const std::string json = DumpJson(value);
    const std::string text = filter::FactText(value).value_or(json);
    FactValue& entry = by_text[{text, json}];
    entry.value = std::move(value);
    entry.text = text;
    entry.slots.insert(entry.slots.end(), slots.begin(), slots.end());
  }
  counts.values.reserve(by_text.size());
  for (auto& [key, entry] : by_text) {
    std::sort(entry.slots.begin(), entry.slots.end());
    counts.values.push_back(std::move(entry));
  }
  return counts;
}

}  // namespace orch::hub
