// What the hub knows of every node, in columns: one dictionary-encoded column a top-level fact,
// and one each for classes, plugins and collectives. A filter is evaluated once per distinct value,
// then the column is scanned. Select answers exactly as filter::Narrow does on each node.
// Owned by the hub's registry; lives on its loop, so it has no locks. It knows nothing of presence,
// sessions or time, and never fails half-way: a refused change leaves the node as it was.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/filter.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

// Bounds of one node; more is refused with ResourceExhausted.
inline constexpr size_t kMaxFactsPerNode = 4096;          // top-level names
inline constexpr size_t kMaxFactBytesPerNode = 1u << 20;  // names and texts, and 8 a value
inline constexpr size_t kMaxNamesPerNode = 16384;         // entries of a classes, plugins or collectives list

class FactTable {
 public:
  FactTable();
  ~FactTable();
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

  // kNoSlot when unknown.
  Slot Find(absl::string_view identity) const;
  bool IsLive(Slot slot) const { return live_.contains(slot); }
  // All nodes.
  const SlotSet& live() const { return live_; }
  size_t size() const { return size_; }
  // One past the highest slot ever in use at the same time.
  size_t slots() const;
  // The node's parts; the slot must be live. FactsJson and the lists are put together on each call.
  const std::string& identity(Slot slot) const;
  Json FactsJson(Slot slot) const;
  std::vector<std::string> Classes(Slot slot) const;
  std::vector<std::string> Plugins(Slot slot) const;
  std::vector<std::string> Collectives(Slot slot) const;

  struct Selection {
    SlotSet nodes;           // filter::Verdict kYes, or kAskNode for each when `ask_nodes`; the rest kNo
    bool ask_nodes = false;  // the filter has data functions: every one of `nodes` must decide itself
  };
  // `within`: only these nodes (a collective, the connected ones); nullptr: all.
  Selection Select(const filter::Filter& filter, const SlotSet* within = nullptr) const;
  // Nodes that have `collective` in their list.
  SlotSet InCollective(absl::string_view collective) const;

  struct FactValue {
    Json value;
    std::string text;         // scalars: FILTERS.md's text; arrays and maps: compact JSON
    std::vector<Slot> slots;  // ascending
  };
  struct FactCounts {
    std::vector<FactValue> values;  // by text; values that differ as JSON are apart (10, "10")
    size_t missing = 0;             // of `nodes`, those without the fact
  };
  // The values of a fact (name or dotted path, looked up as in a filter) over `nodes`.
  FactCounts CountFact(absl::string_view path, const SlotSet& nodes) const;

  // For status and tests: how much is held.
  struct Usage {
    size_t columns = 0;
    size_t values = 0;  // distinct ones, elements of arrays and maps included
  };
  Usage usage() const;

 private:
  struct Columns;

  Slot TakeSlot(absl::string_view identity);
  absl::Status SetList(Slot slot, absl::string_view what, const std::vector<std::string>& names);

  const std::unique_ptr<Columns> columns_;
  SlotSet live_;
  size_t size_ = 0;
};

}  // namespace orch::hub
