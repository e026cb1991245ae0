// A set of node slots as a bitmap: the nodes that a filter selects. A plain value without locks. The sets of one
// operation may differ in size; slots beyond the end are not in the set.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace orch::hub {

// A node's row in the FactTable. Slots are small and dense, and are used again after Remove.
using Slot = uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

class SlotSet {
 public:
  SlotSet() = default;
  // An empty set with room for the slots 0 … slots-1.
  explicit SlotSet(size_t slots) : words_((slots + 63) / 64) {}

  bool contains(Slot slot) const { return slot / 64 < words_.size() && (words_[slot / 64] >> (slot % 64) & 1) != 0; }
  void Insert(Slot slot) {
    if (slot / 64 >= words_.size()) words_.resize(slot / 64 + 1);
    words_[slot / 64] |= uint64_t{1} << (slot % 64);
  }
  void Erase(Slot slot) {
    if (slot / 64 < words_.size()) words_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  }
  bool empty() const {
    for (uint64_t word : words_)
      if (word != 0) return false;
    return true;
  }
  size_t size() const {
    size_t count = 0;
    for (uint64_t word : words_) count += std::popcount(word);
    return count;
  }
  void Union(const SlotSet& other) {
    if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
    for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void Intersect(const SlotSet& other) {
    if (words_.size() > other.words_.size()) words_.resize(other.words_.size());
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  void Subtract(const SlotSet& other) {
    for (size_t i = 0; i < words_.size() && i < other.words_.size(); ++i) words_[i] &= ~other.words_[i];
  }
  // The lowest slot in the set that is not below `from`; kNoSlot when there is none.
  Slot FirstFrom(Slot from) const {
    for (size_t i = from / 64; i < words_.size(); ++i) {
      const uint64_t word = i == from / 64 ? words_[i] & (~uint64_t{0} << (from % 64)) : words_[i];
      if (word != 0) return static_cast<Slot>(i * 64 + std::countr_zero(word));
    }
    return kNoSlot;
  }
  // Calls visit(slot) in ascending order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < words_.size(); ++i)
      for (uint64_t word = words_[i]; word != 0; word &= word - 1)
        visit(static_cast<Slot>(i * 64 + std::countr_zero(word)));
  }
  std::vector<Slot> ToVector() const {
    std::vector<Slot> slots;
    slots.reserve(size());
    ForEach([&slots](Slot slot) { slots.push_back(slot); });
    return slots;
  }

  // The bitmap itself, for column scans: slot s is bit s % 64 of word s / 64.
  const std::vector<uint64_t>& words() const { return words_; }
  std::vector<uint64_t>& words() { return words_; }

 private:
  std::vector<uint64_t> words_;
};

}  // namespace orch::hub
