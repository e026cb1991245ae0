// What the hub knows of every node, in columns: one dictionary-encoded column a top-level fact,
// and one each for classes, plugins and collectives. Questions are answered from snapshots, off the
// loop; making one costs a few counts a column, and what changes after it is copied in parts.
// Owned by the hub's registry; lives on its loop, so it has no locks. It knows nothing of presence,
// sessions or time, and never fails half-way: a refused change leaves the node as it was.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "services/hub/nodes/fact_table/column_store.h"
#include "services/hub/nodes/fact_table/fact_snapshot.h"
#include "services/hub/nodes/fact_table/node_names.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

// Bounds of one node; more is refused with ResourceExhausted.
inline constexpr size_t kMaxFactsPerNode = 4096;          // top-level names
inline constexpr size_t kMaxFactBytesPerNode = 1u << 20;  // names and texts, and 8 a value
inline constexpr size_t kMaxNamesPerNode = 16384;         // entries of a classes, plugins or collectives list

class FactTable {
 public:
  FactTable() = default;
  FactTable(const FactTable&) = delete;
  FactTable& operator=(const FactTable&) = delete;

  // Adds the node, or replaces all that is known of it (its slot stays). InvalidArgument when
  // `facts` is no object.
  absl::StatusOr<Slot> Upsert(absl::string_view identity, const Json& facts, const std::vector<std::string>& classes,
                              const std::vector<std::string>& plugins, const std::vector<std::string>& collectives);
  // Forgets the node; values nobody else has are released. The slot may be given to a later node.
  void Remove(Slot slot);

  // A Delta's facts: `set` is an object of top-level facts that are new or differ, `removed` names
  // top-level facts that are gone (removed first, so a name in both ends up set).
  absl::Status ApplyFactsDelta(Slot slot, const Json& set, const std::vector<std::string>& removed);
  absl::Status SetClasses(Slot slot, const std::vector<std::string>& classes);
  absl::Status SetPlugins(Slot slot, const std::vector<std::string>& plugins);
  absl::Status SetCollectives(Slot slot, const std::vector<std::string>& collectives);

  // What is known now, for a question about facts of these names.
  FactSnapshot Freeze(const ColumnNames& columns) const;
  // What is known now of one node; the slot must be live.
  NodeFacts FreezeNode(Slot slot) const;

  // kNoSlot when unknown.
  Slot Find(absl::string_view identity) const { return names_.Find(identity); }
  bool IsLive(Slot slot) const { return live_.contains(slot); }
  // All nodes.
  const SlotSet& live() const { return live_; }
  size_t size() const { return size_; }
  // One past the highest slot ever in use at the same time.
  size_t slots() const { return names_.slots(); }
  std::vector<std::string> Collectives(Slot slot) const;
  const NodeNames& names() const { return names_; }
  // The slot must be live.
  const std::string& identity(Slot slot) const { return names_.identity(slot); }

  // For status and tests: how much is held.
  struct Usage {
    size_t columns = 0;
    size_t values = 0;  // distinct ones, elements of arrays and maps included
  };
  Usage usage() const;

 private:
  Slot TakeSlot(absl::string_view identity);
  absl::Status SetList(Slot slot, absl::string_view what, const std::vector<std::string>& names);

  ColumnStore store_;
  NodeNames names_;
  std::vector<size_t> weights_;  // by slot: of its facts
  std::vector<Slot> free_;
  SlotSet live_;
  size_t size_ = 0;
};

}  // namespace orch::hub
