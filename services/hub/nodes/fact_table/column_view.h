// One fact of all nodes, to read: by slot the id of its value. A plain array when many nodes have the
// fact and a map when few do, so that memory follows the facts that exist and not the product of nodes
// and names. A copy is what the column held when it was made; it may be read on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/hub/nodes/fact_table/copy_on_write.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

// By slot the id of a value.
class Rows {
 public:
  ValueId at(Slot slot) const;
  // The slots of `within` whose value's entry in `table` (1 or 0 by value id, 0 for kNoValue) is 1.
  SlotSet Scan(const std::vector<uint8_t>& table, const SlotSet& within) const;

 protected:
  static constexpr size_t kChunk = 4096;  // a multiple of 64: whole words of a SlotSet

  SlotSet ScanDense(const std::vector<uint8_t>& table, const SlotSet& within) const;

  bool dense_ = false;
  ChunkedVector<ValueId, kChunk> by_slot_;               // when dense
  CopyOnWrite<absl::flat_hash_map<Slot, ValueId>> few_;  // when not
};

struct ColumnView {
  ValueView values;
  Rows rows;
};

}  // namespace orch::hub
