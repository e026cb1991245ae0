#include "services/hub/nodes/fact_table/fact_column.h"

#include <algorithm>

namespace orch::hub {
namespace {

// An entry of the map takes about four times the bytes of one in the array. The gap between the two
// factors keeps a column from changing its shape back and forth.
constexpr size_t kDenseFrom = 4;  // one node in this many has the fact
constexpr size_t kSparseFrom = 16;

}  // namespace

void FactColumn::Set(Slot slot, const Json& value) {
  const ValueId id = pool_.Intern(value);
  if (const ValueId held = at(slot); held != kNoValue) {
    pool_.Release(held);
    if (held != id) Put(slot, id);
    return;
  }
  ++count_;
  extent_ = std::max<size_t>(extent_, size_t{slot} + 1);
  if (dense_ && count_ * kSparseFrom < extent_) {
    MakeSparse();
    extent_ = std::max<size_t>(extent_, size_t{slot} + 1);
  }
  Put(slot, id);
  if (!dense_ && count_ * kDenseFrom >= extent_) MakeDense();
}

void FactColumn::Put(Slot slot, ValueId id) {
  if (!dense_) {
    few_.Write()[slot] = id;
    return;
  }
  by_slot_.Grow(size_t{slot} + 1, kNoValue);
  by_slot_.Write(slot) = id;
}

bool FactColumn::Clear(Slot slot) {
  const ValueId held = at(slot);
  if (held == kNoValue) return false;
  pool_.Release(held);
  --count_;
  if (dense_) {
    by_slot_.Write(slot) = kNoValue;
    if (count_ * kSparseFrom < extent_) MakeSparse();
  } else {
    few_.Write().erase(slot);
  }
  return true;
}

void FactColumn::MakeDense() {
  by_slot_.Clear();
  by_slot_.Grow(extent_, kNoValue);
  for (const auto& [slot, id] : *few_) by_slot_.Write(slot) = id;
  few_ = {};
  dense_ = true;
}

void FactColumn::MakeSparse() {
  auto& few = few_.Write();
  extent_ = 0;
  for (Slot slot = 0; slot < by_slot_.size(); ++slot) {
    if (by_slot_[slot] == kNoValue) continue;
    few[slot] = by_slot_[slot];
    extent_ = size_t{slot} + 1;
  }
  by_slot_.Clear();
  dense_ = false;
}

}  // namespace orch::hub
