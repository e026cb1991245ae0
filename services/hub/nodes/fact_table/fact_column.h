// One fact of all nodes, to change. Owned by the FactTable; hub's loop only.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/json.h"
#include "services/hub/nodes/fact_table/column_view.h"
#include "services/hub/nodes/fact_table/value_pool.h"

namespace orch::hub {

class FactColumn final : private Rows {
 public:
  explicit FactColumn(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  const ValuePool& pool() const { return pool_; }
  // Nodes that have the fact.
  size_t count() const { return count_; }

  void Set(Slot slot, const Json& value);
  // Whether the slot had the fact.
  bool Clear(Slot slot);
  using Rows::at;

  // As it is now. Costs a few counts, whatever the column's size.
  ColumnView View() const { return {pool_, *this}; }

 private:
  void Put(Slot slot, ValueId id);
  void MakeDense();
  void MakeSparse();

  const std::string name_;
  ValuePool pool_;
  size_t count_ = 0;
  size_t extent_ = 0;  // one past the highest slot that has, or lately had, the fact
};

}  // namespace orch::hub
