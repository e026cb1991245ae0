#include "services/hub/nodes/fact_table/rows.h"

#include <algorithm>

namespace orch::hub {

ValueId Rows::at(Slot slot) const {
  if (dense_) return slot < by_slot_.size() ? by_slot_[slot] : kNoValue;
  const auto found = few_->find(slot);
  return found == few_->end() ? kNoValue : found->second;
}

SlotSet Rows::Scan(const std::vector<uint8_t>& table, const SlotSet& within) const {
  if (dense_) return ScanDense(table, within);
  SlotSet found;
  for (const auto& [slot, id] : *few_)
    if (table[id] != 0 && within.contains(slot)) found.Insert(slot);
  return found;
}

SlotSet Rows::ScanDense(const std::vector<uint8_t>& table, const SlotSet& within) const {
  const std::vector<uint64_t>& mask = within.words();
  SlotSet found(std::min(by_slot_.size(), mask.size() * 64));
  std::vector<uint64_t>& words = found.words();
  const uint8_t* verdicts = table.data();
  for (size_t w = 0; w < words.size(); ++w) {
    if (mask[w] == 0) continue;
    const std::vector<ValueId>& chunk = by_slot_.chunk(w * 64 / kChunk);
    const size_t first = w * 64 % kChunk;
    const ValueId* ids = chunk.data() + first;
    const size_t count = std::min<size_t>(64, chunk.size() - first);
    uint64_t word = 0;
    if (count == 64) {
      for (size_t i = 0; i < 64; ++i) word |= uint64_t{verdicts[ids[i]]} << i;
    } else {
      for (size_t i = 0; i < count; ++i) word |= uint64_t{verdicts[ids[i]]} << i;
    }
    words[w] = word & mask[w];
  }
  return found;
}

}  // namespace orch::hub
