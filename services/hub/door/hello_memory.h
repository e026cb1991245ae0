// Remembers the first words of peers whose key fitted, so that whoever has recorded them on the network cannot have the
// hub compute a key exchange for them again and again. Knows each by eight bytes of its random number, and forgets the
// oldest half when it is full. Only who has a key is remembered, so strangers cannot fill it. Owned by the door; its
// thread only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_set.h"

namespace orch::hub {

class HelloMemory {
 public:
  static constexpr size_t kMost = 131'072;  // about 2 MB

  void Add(uint64_t mark);
  bool Contains(uint64_t mark) const { return recent_.contains(mark) || older_.contains(mark); }

 private:
  absl::flat_hash_set<uint64_t> recent_;
  absl::flat_hash_set<uint64_t> older_;
};

}  // namespace orch::hub
