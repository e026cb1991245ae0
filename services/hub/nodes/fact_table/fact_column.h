// One fact of all nodes, for writing. Owned by the FactTable; the hub's loop only.
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
  // The number of nodes that have the fact.
  size_t count() const { return count_; }

  void Set(Slot slot, const Json& value);
  // Removes the fact of a node. False when the node does not have it.
  bool Clear(Slot slot);
  using Rows::at;

  // The column as it is now. Costs a few counts, whatever the size of the column.
  ColumnView View() const { return {pool_, *this}; }

 private:
  void Put(Slot slot, ValueId id);
  void MakeDense();
  void MakeSparse();

  const std::string name_;
  ValuePool pool_;
  size_t count_ = 0;
  size_t extent_ = 0;  // one past the highest slot that has, or recently had, the fact
};

}  // namespace orch::hub
