// What the hub knew of its nodes at one moment, as far as one question needs it: the columns of the facts
// it names. Made on the hub's loop by FactTable::Freeze for a few counts a column; then read on any one
// thread while the table goes on changing. Select answers exactly as filter::Narrow does on each node.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/filter.h"
#include "services/hub/nodes/fact_table/column_view.h"
#include "services/hub/nodes/fact_table/fact_columns.h"
#include "services/hub/nodes/fact_table/node_names.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/step_budget.h"

namespace orch::hub {

// Names of columns a question may name; freezing more would hold up the loop.
inline constexpr size_t kMaxColumnsOfQuestion = 4096;

// The names of the columns a question reads.
class ColumnNames {
 public:
  // A fact's name or dotted path: the whole name, and what is before the first dot.
  void AddPath(absl::string_view path);
  void AddFilter(const filter::Filter& filter);
  // InvalidArgument when there are too many.
  absl::Status Check() const;
  const std::set<std::string, std::less<>>& names() const { return names_; }

 private:
  std::set<std::string, std::less<>> names_;
};

class FactSnapshot {
 public:
  struct Selection {
    SlotSet nodes;           // filter::Verdict kYes, or kAskNode for each when `ask_nodes`; the rest kNo
    bool ask_nodes = false;  // the filter has data functions: every one of `nodes` must decide itself
  };
  // `within`: only these nodes (a collective, the connected ones); nullptr: all. The filter's names must
  // have been frozen. The budget's status when it is spent or the question was cancelled; so for the next two.
  absl::StatusOr<Selection> Select(const filter::Filter& filter, StepBudget* budget,
                                   const SlotSet* within = nullptr) const;
  // Nodes that have `collective` in their list.
  absl::StatusOr<SlotSet> InCollective(absl::string_view collective, StepBudget* budget) const;

  struct FactValue {
    Json value;
    std::string text;         // scalars: FILTERS.md's text; arrays and maps: compact JSON
    std::vector<Slot> slots;  // ascending
  };
  struct FactCounts {
    std::vector<FactValue> values;  // by text; values that differ as JSON are apart (10, "10")
    size_t missing = 0;             // of `nodes`, those without the fact
  };
  // The values of a fact (name or dotted path, looked up as in a filter) over `nodes`.
  absl::StatusOr<FactCounts> CountFact(absl::string_view path, const SlotSet& nodes, StepBudget* budget) const;

  const NodeNames& names() const { return columns_.names; }
  const SlotSet& live() const { return columns_.live; }

 private:
  friend class FactTable;

  FactColumns columns_;
};

// One node's facts and lists at one moment; as a FactSnapshot.
class NodeFacts {
 public:
  Json facts() const;
  std::vector<std::string> classes() const;

 private:
  friend class FactTable;

  Slot slot_ = kNoSlot;
  std::vector<std::pair<std::string, ColumnView>> facts_;
  ColumnView classes_;
};

// The names a list column has for a node.
std::vector<std::string> NamesOf(const ColumnView& column, Slot slot);

}  // namespace orch::hub
