#include "services/hub/nodes/fact_table/node_names.h"

#include "absl/hash/hash.h"

namespace orch::hub {

// Uses the high bits, because the table of each part uses the low ones.
size_t NodeNames::PartOf(absl::string_view identity) { return (absl::HashOf(identity) >> 40) % kParts; }

Slot NodeNames::Find(absl::string_view identity) const {
  const Part& part = *(*slots_)[PartOf(identity)];
  const auto found = part.find(identity);
  return found == part.end() ? kNoSlot : found->second;
}

void NodeNames::Add(Slot slot, absl::string_view identity) {
  by_slot_.Grow(size_t{slot} + 1, nullptr);
  by_slot_.Write(slot) = std::make_shared<const std::string>(identity);
  slots_.Write()[PartOf(identity)].Write().emplace(identity, slot);
}

void NodeNames::Remove(Slot slot) {
  const std::shared_ptr<const std::string> identity = by_slot_[slot];
  slots_.Write()[PartOf(*identity)].Write().erase(*identity);
  by_slot_.Write(slot) = nullptr;
}

}  // namespace orch::hub
