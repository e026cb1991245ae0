// The columns of the fact table: facts by name, made when the first node has the fact and dropped with the last one,
// and the fixed columns of name lists. Owned by the FactTable; the hub's loop only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/hub/nodes/fact_table/fact_column.h"
#include "services/hub/nodes/fact_table/slot_set.h"

namespace orch::hub {

class ColumnStore {
 public:
  // Sets or replaces a fact of a node.
  void SetFact(Slot slot, const std::string& name, const Json& value);
  // Removes a fact of a node. False when the node has no such fact.
  bool ClearFact(Slot slot, absl::string_view name);
  void ClearAllFacts(Slot slot);
  // The columns of the node's facts as they are now, by name.
  std::vector<std::pair<std::string, ColumnView>> ViewsOf(Slot slot) const;
  // Null when no node has a fact of this name.
  const FactColumn* FindFact(absl::string_view name) const;
  std::vector<std::string> FactNames(Slot slot) const;
  size_t FactCount(Slot slot) const { return slot < columns_of_.size() ? columns_of_[slot].size() : 0; }

  FactColumn classes{"classes"};
  FactColumn plugins{"plugins"};
  FactColumn collectives{"collectives"};

  // The number of fact columns, and of distinct values in all columns.
  size_t fact_columns() const { return by_name_.size(); }
  size_t values() const;

 private:
  void DropIfEmpty(uint32_t column);

  std::vector<std::unique_ptr<FactColumn>> columns_;  // by number; null when free
  std::vector<uint32_t> free_;
  absl::flat_hash_map<std::string, uint32_t> by_name_;
  std::vector<std::vector<uint32_t>> columns_of_;  // by slot: the columns in which the node has a value
};

}  // namespace orch::hub
