// What the hub knows about every node, in columns: one dictionary-encoded column for each top-level fact, and one each
// for classes, plugins and collectives. Questions are answered from snapshots, off the loop; a snapshot costs a few
// counts for each column, and later changes duplicate only the parts that change. Owned by the Registry; the hub's loop
// only, so that it needs no locks. Knows nothing about presence, sessions or time. A change that is refused leaves the
// node as it was.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "services/hub/nodes/fact_table/column_names.h"
#include "services/hub/nodes/fact_table/column_store.h"
#include "services/hub/nodes/fact_table/fact_snapshot.h"
#include "services/hub/nodes/fact_table/node_facts.h"
#include "services/hub/nodes/fact_table/node_names.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

// Bounds of one node. Beyond them, a change is refused with ResourceExhausted.
inline constexpr size_t kMaxFactsPerNode = 4096;          // top-level names
inline constexpr size_t kMaxFactBytesPerNode = 1u << 20;  // names and texts, and 8 a value
inline constexpr size_t kMaxNamesPerNode = 16384;         // entries of a classes, plugins or collectives list

class FactTable {
 public:
  FactTable() = default;
  FactTable(const FactTable&) = delete;
  FactTable& operator=(const FactTable&) = delete;

  // Adds the node, or replaces everything that is known about it; its slot stays the same. InvalidArgument when `facts`
  // is no object.
  absl::StatusOr<Slot> Upsert(absl::string_view identity, const Json& facts, const std::vector<std::string>& classes,
                              const std::vector<std::string>& plugins, const std::vector<std::string>& collectives);
  // Sets what the hub itself says of the node, as the fact filter::kHubFact, or removes it with null. True when that is
  // a change. Facts of the nodes by this name are dropped, here and in every other function; the bounds of one node do
  // not count this fact, so that no node can leave it without room. The slot must be live.
  bool SetHubFact(Slot slot, const Json& value);
  // Forgets the node and the values that only it has. The slot may be given to a later node.
  void Remove(Slot slot);

  // Applies the facts of a Delta: `set` is an object of top-level facts that are new or different, `removed` names
  // facts that are gone. They are removed first, so that a name in both is set.
  absl::Status ApplyFactsDelta(Slot slot, const Json& set, const std::vector<std::string>& removed);
  absl::Status SetClasses(Slot slot, const std::vector<std::string>& classes);
  absl::Status SetPlugins(Slot slot, const std::vector<std::string>& plugins);
  absl::Status SetCollectives(Slot slot, const std::vector<std::string>& collectives);

  // What is known now, for a question about the facts with these names.
  FactSnapshot Freeze(const ColumnNames& columns) const;
  // What is known now about one node. The slot must be live.
  NodeFacts FreezeNode(Slot slot) const;

  // kNoSlot when the identity is unknown.
  Slot Find(absl::string_view identity) const { return names_.Find(identity); }
  bool IsLive(Slot slot) const { return live_.contains(slot); }
  // The slots of all nodes.
  const SlotSet& live() const { return live_; }
  size_t size() const { return size_; }
  // One past the highest slot that was ever in use.
  size_t slots() const { return names_.slots(); }
  std::vector<std::string> Collectives(Slot slot) const;
  const NodeNames& names() const { return names_; }
  // The slot must be live.
  const std::string& identity(Slot slot) const { return names_.identity(slot); }

  // The amount of data held, for status and tests.
  struct Usage {
    size_t columns = 0;
    size_t values = 0;  // distinct values, including elements of arrays and maps
  };
  Usage usage() const;

 private:
  Slot TakeSlot(absl::string_view identity);
  void SetOwnFacts(Slot slot, const Json& facts);
  ValueId HubFact(Slot slot) const;  // kNoValue: none
  size_t OwnFactCount(Slot slot) const;
  absl::Status SetList(Slot slot, absl::string_view what, const std::vector<std::string>& names);

  ColumnStore store_;
  NodeNames names_;
  std::vector<size_t> weights_;  // by slot: the weight of the node's facts
  std::vector<Slot> free_;
  SlotSet live_;
  size_t size_ = 0;
};

}  // namespace orch::hub
