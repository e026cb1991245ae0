// The distinct JSON values of one column, each kept once with a count of its users. A value is dropped when its last
// user releases it, and its id is used again; views that were made before keep what they saw. Owned by one column; the
// hub's loop only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/json.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

class ValuePool final : public ValueView {
 public:
  ValuePool();
  ValuePool(const ValuePool&) = delete;
  ValuePool& operator=(const ValuePool&) = delete;

  // The id of an equal value, which is kept until Release was called as often as Intern. Numbers of which only one is
  // written with a fraction (10, 10.0) are different values.
  ValueId Intern(const Json& value);
  void Release(ValueId id);

  // The number of distinct values, including parts of others.
  size_t size() const { return ids_.size(); }

 private:
  struct Counts {
    uint32_t users = 0;  // holders, and values of which this one is a part
    uint32_t holders = 0;
  };
  struct Probe {
    Type type;
    absl::string_view text;
    absl::Span<const ValueId> parts;
  };
  struct Hash {
    using is_transparent = void;
    const ValuePool* pool;
    size_t operator()(ValueId id) const { return (*this)(pool->ProbeOf(id)); }
    size_t operator()(const Probe& probe) const;
  };
  struct Equal {
    using is_transparent = void;
    const ValuePool* pool;
    bool operator()(ValueId a, ValueId b) const { return a == b; }
    bool operator()(ValueId a, const Probe& b) const { return SameProbe(pool->ProbeOf(a), b); }
    bool operator()(const Probe& a, ValueId b) const { return SameProbe(a, pool->ProbeOf(b)); }
  };

  static bool SameProbe(const Probe& a, const Probe& b);
  static Type ScalarType(const Json& value);
  Probe ProbeOf(ValueId id) const;
  // Adds a user to the value. Takes its parts over, or releases them when the value exists already.
  ValueId Use(const Json& value);
  ValueId UseEntry(Type type, Content content);
  void Drop(ValueId id);

  std::vector<Counts> counts_;  // by id
  std::vector<ValueId> free_;
  absl::flat_hash_set<ValueId, Hash, Equal> ids_;
};

}  // namespace orch::hub
