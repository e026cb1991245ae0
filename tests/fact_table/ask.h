// Questions to a table as they are asked in the hub: freeze what the question names, then answer.
#pragma once

#include <string>

#include "filter/filter.h"
#include "services/hub/nodes/fact_table/fact_table.h"

namespace orch::hub {

inline FactSnapshot Frozen(const FactTable& table, const filter::Filter& filter) {
  ColumnNames names;
  names.AddFilter(filter);
  return table.Freeze(names);
}

inline FactSnapshot::Selection Select(const FactTable& table, const filter::Filter& filter,
                                      const SlotSet* within = nullptr) {
  StepBudget budget;
  return *Frozen(table, filter).Select(filter, &budget, within);
}

inline FactSnapshot::FactCounts CountFact(const FactTable& table, const std::string& path, const SlotSet& nodes) {
  ColumnNames names;
  names.AddPath(path);
  StepBudget budget;
  return *table.Freeze(names).CountFact(path, nodes, &budget);
}

inline SlotSet InCollective(const FactTable& table, const std::string& collective) {
  StepBudget budget;
  return *table.Freeze(ColumnNames()).InCollective(collective, &budget);
}

}  // namespace orch::hub
