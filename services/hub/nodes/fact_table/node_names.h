// Identities by slot, and slots by identity. A copy keeps what was there when it was made, costs a few counts, and may
// be read on any thread. Changed on the hub's loop only.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/hub/nodes/fact_table/chunked_vector.h"
#include "services/hub/nodes/fact_table/copy_on_write.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

class NodeNames {
 public:
  // kNoSlot when the identity is unknown.
  Slot Find(absl::string_view identity) const;
  // The slot must be in use.
  const std::string& identity(Slot slot) const { return *by_slot_[slot]; }
  size_t slots() const { return by_slot_.size(); }

  // `slot`: a free slot, or slots().
  void Add(Slot slot, absl::string_view identity);
  void Remove(Slot slot);

 private:
  // A change after a copy duplicates one part.
  static constexpr size_t kParts = 256;
  using Part = absl::flat_hash_map<std::string, Slot>;
  static size_t PartOf(absl::string_view identity);

  ChunkedVector<std::shared_ptr<const std::string>, 1024> by_slot_;
  CopyOnWrite<std::array<CopyOnWrite<Part>, kParts>> slots_;
};

}  // namespace orch::hub
