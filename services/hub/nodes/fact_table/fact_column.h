// One fact of all nodes: by slot the id of its value in the column's own pool. Kept as a plain array
// when many nodes have the fact and as a map when few do, so that memory follows the facts that
// exist and not the product of nodes and names. Owned by the FactTable; hub's loop only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/json.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/value_pool.h"

namespace orch::hub {

class FactColumn {
 public:
  explicit FactColumn(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  const ValuePool& pool() const { return pool_; }
  // Nodes that have the fact.
  size_t count() const { return count_; }

  void Set(Slot slot, const Json& value);
  // Whether the slot had the fact.
  bool Clear(Slot slot);
  ValueId at(Slot slot) const;

  // The slots of `within` whose value's entry in `table` (1 or 0 by value id, 0 for kNoValue) is 1.
  SlotSet Scan(const std::vector<uint8_t>& table, const SlotSet& within) const;

 private:
  SlotSet ScanDense(const std::vector<uint8_t>& table, const SlotSet& within) const;
  ValueId* Find(Slot slot);
  void MakeDense();
  void MakeSparse();

  const std::string name_;
  ValuePool pool_;
  size_t count_ = 0;
  size_t extent_ = 0;  // one past the highest slot that has, or lately had, the fact
  bool dense_ = false;
  std::vector<ValueId> by_slot_;            // when dense
  absl::flat_hash_map<Slot, ValueId> few_;  // when not
};

}  // namespace orch::hub
