#include "services/hub/nodes/fact_table/column_store.h"

#include <algorithm>
#include <utility>

namespace orch::hub {

void ColumnStore::SetFact(Slot slot, const std::string& name, const Json& value) {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    uint32_t number = static_cast<uint32_t>(columns_.size());
    if (free_.empty()) {
      columns_.emplace_back();
    } else {
      number = free_.back();
      free_.pop_back();
    }
    columns_[number] = std::make_unique<FactColumn>(name);
    found = by_name_.emplace(name, number).first;
  }
  FactColumn& column = *columns_[found->second];
  const bool is_new = column.at(slot) == kNoValue;
  column.Set(slot, value);
  if (!is_new) return;
  if (slot >= columns_of_.size()) columns_of_.resize(size_t{slot} + 1);
  columns_of_[slot].push_back(found->second);
}

bool ColumnStore::ClearFact(Slot slot, absl::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return false;
  const uint32_t number = found->second;
  if (!columns_[number]->Clear(slot)) return false;
  std::vector<uint32_t>& mine = columns_of_[slot];
  mine.erase(std::find(mine.begin(), mine.end(), number));
  DropIfEmpty(number);
  return true;
}

void ColumnStore::ClearAllFacts(Slot slot) {
  if (slot >= columns_of_.size()) return;
  for (const uint32_t number : std::exchange(columns_of_[slot], {})) {
    columns_[number]->Clear(slot);
    DropIfEmpty(number);
  }
}

void ColumnStore::DropIfEmpty(uint32_t number) {
  if (columns_[number]->count() > 0) return;
  by_name_.erase(columns_[number]->name());
  columns_[number].reset();
  free_.push_back(number);
}

const FactColumn* ColumnStore::FindFact(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : columns_[found->second].get();
}

std::vector<std::pair<std::string, ColumnView>> ColumnStore::ViewsOf(Slot slot) const {
  std::vector<std::pair<std::string, ColumnView>> views;
  if (slot >= columns_of_.size()) return views;
  views.reserve(columns_of_[slot].size());
  for (const uint32_t number : columns_of_[slot])
    views.emplace_back(columns_[number]->name(), columns_[number]->View());
  return views;
}

std::vector<std::string> ColumnStore::FactNames(Slot slot) const {
  std::vector<std::string> names;
  if (slot >= columns_of_.size()) return names;
  for (const uint32_t number : columns_of_[slot]) names.push_back(columns_[number]->name());
  return names;
}

size_t ColumnStore::values() const {
  size_t total = classes.pool().size() + plugins.pool().size() + collectives.pool().size();
  for (const auto& column : columns_)
    if (column != nullptr) total += column->pool().size();
  return total;
}

}  // namespace orch::hub
