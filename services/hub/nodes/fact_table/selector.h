// A filter's tree over the columns: each part becomes the set of nodes for which it holds. Made for
// one Select; hub's loop only. Answers as filter::Narrow does on each node.
#pragma once

#include <functional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "filter/expression.h"
#include "services/hub/nodes/fact_table/column_store.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

class Selector {
 public:
  using Slots = absl::flat_hash_map<std::string, Slot>;
  Selector(const ColumnStore& columns, const std::vector<std::string>& identities, const Slots& slots)
      : columns_(columns), identities_(identities), slots_(slots) {}

  // Of `within` (live nodes) those for which the expression holds. Data calls count as holding when
  // `optimistic`.
  SlotSet Select(const filter::Expression& expression, const SlotSet& within, bool optimistic) const;

 private:
  SlotSet SelectAll(const filter::Expression& expression, const SlotSet& within, bool optimistic) const;
  SlotSet SelectAny(const filter::Expression& expression, const SlotSet& within, bool optimistic) const;
  SlotSet SelectFact(const filter::Expression& expression, const SlotSet& within) const;
  SlotSet SelectIdentity(const filter::NameTest& name, const SlotSet& within) const;
  static SlotSet SelectName(const FactColumn& column, const filter::NameTest& name, const SlotSet& within);

  const ColumnStore& columns_;
  const std::vector<std::string>& identities_;
  const Slots& slots_;
};

}  // namespace orch::hub
