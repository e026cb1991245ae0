// The values of one fact, by slot: for each node the id of its value. An array when many nodes have the fact, and a map
// when few do, so that the memory depends on the facts that exist and not on the product of nodes and names. A copy
// keeps what the rows were when it was made, and may be read on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/hub/nodes/fact_table/chunked_vector.h"
#include "services/hub/nodes/fact_table/copy_on_write.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

class Rows {
 public:
  ValueId at(Slot slot) const;
  // The slots of `within` for whose value `table` has 1. The table has 1 or 0 for each value id, and 0 for kNoValue.
  SlotSet Scan(const std::vector<uint8_t>& table, const SlotSet& within) const;

 protected:
  static constexpr size_t kChunk = 4096;  // a multiple of 64: whole words of a SlotSet

  SlotSet ScanDense(const std::vector<uint8_t>& table, const SlotSet& within) const;

  bool dense_ = false;
  ChunkedVector<ValueId, kChunk> by_slot_;               // when dense
  CopyOnWrite<absl::flat_hash_map<Slot, ValueId>> few_;  // when not
};

}  // namespace orch::hub
