#include "services/hub/nodes/fact_table/fact_table.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/json_number.h"
#include "base/status_macros.h"
#include "services/hub/nodes/fact_table/fact_table_columns.h"
#include "services/hub/nodes/fact_table/fact_weight.h"

namespace orch::hub {

namespace {

absl::Status TooMuch(absl::string_view identity, size_t found, absl::string_view unit, size_t limit) {
  return absl::ResourceExhaustedError(absl::StrCat("node ", identity, ": ", found, " ", unit, "; at most ", limit,
                                                   " are accepted, so reduce what the node reports"));
}

absl::Status CheckFacts(absl::string_view identity, const Json& facts) {
  if (!facts.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("node ", identity, ": its facts are ", JsonTypeName(facts), "; an object {…} is expected"));
  }
  if (IsDeeperThan(facts, kMaxJsonDepth)) {
    return absl::InvalidArgumentError(
        absl::StrCat("node ", identity, ": facts are nested deeper than ", kMaxJsonDepth, " levels; flatten them"));
  }
  return absl::OkStatus();
}

absl::Status CheckAmount(absl::string_view identity, size_t facts, size_t weight) {
  if (facts > kMaxFactsPerNode) return TooMuch(identity, facts, "facts", kMaxFactsPerNode);
  if (weight > kMaxFactBytesPerNode) return TooMuch(identity, weight, "bytes of facts", kMaxFactBytesPerNode);
  return absl::OkStatus();
}

absl::Status CheckNames(absl::string_view identity, absl::string_view what, const std::vector<std::string>& names) {
  if (names.size() <= kMaxNamesPerNode) return absl::OkStatus();
  return TooMuch(identity, names.size(), what, kMaxNamesPerNode);
}

std::vector<std::string> NamesOf(const FactColumn& column, Slot slot) {
  std::vector<std::string> names;
  const ValueId list = column.at(slot);
  if (list == kNoValue) return names;
  for (const ValueId name : column.pool().parts(list)) names.push_back(column.pool().text(name));
  return names;
}

}  // namespace

FactTable::FactTable() : columns_(std::make_unique<Columns>()) {}
FactTable::~FactTable() = default;

absl::StatusOr<Slot> FactTable::Upsert(absl::string_view identity, const Json& facts,
                                       const std::vector<std::string>& classes, const std::vector<std::string>& plugins,
                                       const std::vector<std::string>& collectives) {
  ORCH_RETURN_IF_ERROR(CheckFacts(identity, facts));
  const size_t weight = WeightOfFacts(facts);
  ORCH_RETURN_IF_ERROR(CheckAmount(identity, facts.size(), weight));
  ORCH_RETURN_IF_ERROR(CheckNames(identity, "classes", classes));
  ORCH_RETURN_IF_ERROR(CheckNames(identity, "plugins", plugins));
  ORCH_RETURN_IF_ERROR(CheckNames(identity, "collectives", collectives));

  Slot slot = Find(identity);
  if (slot == kNoSlot) slot = TakeSlot(identity);
  ColumnStore& store = columns_->store;
  for (const std::string& name : store.FactNames(slot))
    if (!facts.contains(name)) store.ClearFact(slot, name);
  for (auto fact = facts.begin(); fact != facts.end(); ++fact) store.SetFact(slot, fact.key(), *fact);
  columns_->weights[slot] = weight;
  store.classes.Set(slot, classes);
  store.plugins.Set(slot, plugins);
  store.collectives.Set(slot, collectives);
  return slot;
}

Slot FactTable::TakeSlot(absl::string_view identity) {
  Slot slot = static_cast<Slot>(columns_->identities.size());
  if (columns_->free.empty()) {
    columns_->identities.emplace_back();
    columns_->weights.push_back(0);
  } else {
    slot = columns_->free.back();
    columns_->free.pop_back();
  }
  columns_->identities[slot] = std::string(identity);
  columns_->slots.emplace(identity, slot);
  live_.Insert(slot);
  ++size_;
  return slot;
}

void FactTable::Remove(Slot slot) {
  if (!IsLive(slot)) return;
  ColumnStore& store = columns_->store;
  store.ClearAllFacts(slot);
  store.classes.Clear(slot);
  store.plugins.Clear(slot);
  store.collectives.Clear(slot);
  columns_->slots.erase(columns_->identities[slot]);
  columns_->identities[slot] = {};
  columns_->weights[slot] = 0;
  columns_->free.push_back(slot);
  live_.Erase(slot);
  --size_;
}

absl::Status FactTable::ApplyFactsDelta(Slot slot, const Json& set, const std::vector<std::string>& removed) {
  if (!IsLive(slot)) return absl::NotFoundError("facts of a node that is not in the table; it must register first");
  ORCH_RETURN_IF_ERROR(CheckFacts(identity(slot), set));
  ColumnStore& store = columns_->store;
  // What the change replaces or removes, each name once.
  size_t gone = 0, gone_weight = 0;
  const auto leave = [&](absl::string_view name) {
    const FactColumn* column = store.FindFact(name);
    const ValueId id = column == nullptr ? kNoValue : column->at(slot);
    if (id == kNoValue) return;
    ++gone;
    gone_weight += name.size() + WeightOfValue(column->pool(), id);
  };
  const absl::flat_hash_set<absl::string_view> names(removed.begin(), removed.end());
  for (const absl::string_view name : names)
    if (!set.contains(std::string(name))) leave(name);
  for (auto fact = set.begin(); fact != set.end(); ++fact) leave(fact.key());
  const size_t weight = columns_->weights[slot] - gone_weight + WeightOfFacts(set);
  ORCH_RETURN_IF_ERROR(CheckAmount(identity(slot), store.FactCount(slot) - gone + set.size(), weight));

  for (const std::string& name : removed) store.ClearFact(slot, name);
  for (auto fact = set.begin(); fact != set.end(); ++fact) store.SetFact(slot, fact.key(), *fact);
  columns_->weights[slot] = weight;
  return absl::OkStatus();
}

absl::Status FactTable::SetClasses(Slot slot, const std::vector<std::string>& classes) {
  return SetList(slot, "classes", classes);
}
absl::Status FactTable::SetPlugins(Slot slot, const std::vector<std::string>& plugins) {
  return SetList(slot, "plugins", plugins);
}
absl::Status FactTable::SetCollectives(Slot slot, const std::vector<std::string>& collectives) {
  return SetList(slot, "collectives", collectives);
}

absl::Status FactTable::SetList(Slot slot, absl::string_view what, const std::vector<std::string>& names) {
  if (!IsLive(slot)) {
    return absl::NotFoundError(absl::StrCat(what, " of a node that is not in the table; it must register first"));
  }
  ORCH_RETURN_IF_ERROR(CheckNames(identity(slot), what, names));
  ColumnStore& store = columns_->store;
  FactColumn& column = what == "classes" ? store.classes : what == "plugins" ? store.plugins : store.collectives;
  column.Set(slot, names);
  return absl::OkStatus();
}

Slot FactTable::Find(absl::string_view identity) const {
  const auto found = columns_->slots.find(identity);
  return found == columns_->slots.end() ? kNoSlot : found->second;
}

size_t FactTable::slots() const { return columns_->identities.size(); }
const std::string& FactTable::identity(Slot slot) const { return columns_->identities[slot]; }
Json FactTable::FactsJson(Slot slot) const { return columns_->store.FactsOf(slot); }
std::vector<std::string> FactTable::Classes(Slot slot) const { return NamesOf(columns_->store.classes, slot); }
std::vector<std::string> FactTable::Plugins(Slot slot) const { return NamesOf(columns_->store.plugins, slot); }
std::vector<std::string> FactTable::Collectives(Slot slot) const { return NamesOf(columns_->store.collectives, slot); }

FactTable::Usage FactTable::usage() const { return {columns_->store.fact_columns(), columns_->store.values()}; }

}  // namespace orch::hub
