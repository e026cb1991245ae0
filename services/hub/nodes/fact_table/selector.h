// A filter's tree over the columns of a snapshot: each part becomes the set of nodes for which it holds.
// Made for one Select, on its thread. Answers as filter::Narrow does on each node. Once the budget is spent
// it comes to an end soon, with an answer of no use.
#pragma once

#include "filter/expression.h"
#include "services/hub/nodes/fact_table/fact_columns.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/step_budget.h"

namespace orch::hub {

class Selector {
 public:
  Selector(const FactColumns* columns, StepBudget* budget) : columns_(*columns), budget_(budget) {}

  // Of `within` (live nodes) those for which the expression holds. Data calls count as holding when
  // `optimistic`.
  SlotSet Select(const filter::Expression& expression, const SlotSet& within, bool optimistic) const;

 private:
  SlotSet SelectAll(const filter::Expression& expression, const SlotSet& within, bool optimistic) const;
  SlotSet SelectAny(const filter::Expression& expression, const SlotSet& within, bool optimistic) const;
  SlotSet SelectFact(const filter::Expression& expression, const SlotSet& within) const;
  SlotSet SelectIdentity(const filter::NameTest& name, const SlotSet& within) const;
  SlotSet SelectName(const ColumnView& column, const filter::NameTest& name, const SlotSet& within) const;

  const FactColumns& columns_;
  StepBudget* const budget_;
};

}  // namespace orch::hub
