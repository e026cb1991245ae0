#include "services/hub/nodes/fact_table/fact_column.h"

#include <algorithm>
#include <utility>

namespace orch::hub {
namespace {

// An entry of the map takes about four times the bytes of one in the array. The gap between the two
// factors keeps a column from changing its shape back and forth.
constexpr size_t kDenseFrom = 4;  // one node in this many has the fact
constexpr size_t kSparseFrom = 16;

}  // namespace

void FactColumn::Set(Slot slot, const Json& value) {
  const ValueId id = pool_.Intern(value);
  if (ValueId* held = Find(slot); held != nullptr) {
    pool_.Release(std::exchange(*held, id));
    return;
  }
  ++count_;
  extent_ = std::max<size_t>(extent_, size_t{slot} + 1);
  if (dense_ && count_ * kSparseFrom < extent_) {
    MakeSparse();
    extent_ = std::max<size_t>(extent_, size_t{slot} + 1);
  }
  if (dense_) {
    if (slot >= by_slot_.size()) by_slot_.resize(size_t{slot} + 1, kNoValue);
    by_slot_[slot] = id;
    return;
  }
  few_[slot] = id;
  if (count_ * kDenseFrom >= extent_) MakeDense();
}

bool FactColumn::Clear(Slot slot) {
  ValueId* held = Find(slot);
  if (held == nullptr) return false;
  pool_.Release(*held);
  --count_;
  if (dense_) {
    *held = kNoValue;
    if (count_ * kSparseFrom < extent_) MakeSparse();
  } else {
    few_.erase(slot);
  }
  return true;
}

ValueId FactColumn::at(Slot slot) const {
  if (dense_) return slot < by_slot_.size() ? by_slot_[slot] : kNoValue;
  const auto found = few_.find(slot);
  return found == few_.end() ? kNoValue : found->second;
}

ValueId* FactColumn::Find(Slot slot) {
  if (dense_) return slot < by_slot_.size() && by_slot_[slot] != kNoValue ? &by_slot_[slot] : nullptr;
  const auto found = few_.find(slot);
  return found == few_.end() ? nullptr : &found->second;
}

void FactColumn::MakeDense() {
  by_slot_.assign(extent_, kNoValue);
  for (const auto& [slot, id] : few_) by_slot_[slot] = id;
  few_ = {};
  dense_ = true;
}

void FactColumn::MakeSparse() {
  for (Slot slot = 0; slot < by_slot_.size(); ++slot)
    if (by_slot_[slot] != kNoValue) few_[slot] = by_slot_[slot];
  by_slot_ = {};
  extent_ = 0;
  for (const auto& [slot, id] : few_) extent_ = std::max<size_t>(extent_, size_t{slot} + 1);
  dense_ = false;
}

SlotSet FactColumn::Scan(const std::vector<uint8_t>& table, const SlotSet& within) const {
  if (dense_) return ScanDense(table, within);
  SlotSet found;
  for (const auto& [slot, id] : few_)
    if (table[id] != 0 && within.contains(slot)) found.Insert(slot);
  return found;
}

SlotSet FactColumn::ScanDense(const std::vector<uint8_t>& table, const SlotSet& within) const {
  const std::vector<uint64_t>& mask = within.words();
  SlotSet found(std::min(by_slot_.size(), mask.size() * 64));
  std::vector<uint64_t>& words = found.words();
  const uint8_t* verdicts = table.data();
  for (size_t w = 0; w < words.size(); ++w) {
    if (mask[w] == 0) continue;
    const ValueId* ids = by_slot_.data() + w * 64;
    const size_t count = std::min<size_t>(64, by_slot_.size() - w * 64);
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
