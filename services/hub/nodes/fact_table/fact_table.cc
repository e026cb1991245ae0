#include "services/hub/nodes/fact_table/fact_table.h"

#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/json_number.h"
#include "base/status_macros.h"
#include "filter/hub_fact.h"
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

absl::Status CheckFactCount(absl::string_view identity, size_t facts, size_t weight) {
  if (facts > kMaxFactsPerNode) return TooMuch(identity, facts, "facts", kMaxFactsPerNode);
  if (weight > kMaxFactBytesPerNode) return TooMuch(identity, weight, "bytes of facts", kMaxFactBytesPerNode);
  return absl::OkStatus();
}

// The weight of the facts that a node may say of itself.
size_t WeightOfOwnFacts(const Json& facts) {
  size_t weight = WeightOfFacts(facts);
  const auto& by_name = facts.get_ref<const Json::object_t&>();
  for (auto fact = by_name.lower_bound(filter::kHubFact); fact != by_name.end(); ++fact) {
    if (!absl::StartsWith(fact->first, filter::kHubFact)) break;
    if (filter::IsHubFact(fact->first)) weight -= fact->first.size() + WeightOfValue(fact->second);
  }
  return weight;
}

absl::Status CheckNames(absl::string_view identity, absl::string_view what, const std::vector<std::string>& names) {
  if (names.size() <= kMaxNamesPerNode) return absl::OkStatus();
  return TooMuch(identity, names.size(), what, kMaxNamesPerNode);
}

}  // namespace

absl::StatusOr<Slot> FactTable::Upsert(absl::string_view identity, const Json& facts,
                                       const std::vector<std::string>& classes, const std::vector<std::string>& plugins,
                                       const std::vector<std::string>& collectives) {
  ORCH_RETURN_IF_ERROR(CheckFacts(identity, facts));
  const size_t weight = WeightOfOwnFacts(facts);
  ORCH_RETURN_IF_ERROR(CheckFactCount(identity, facts.size(), weight));
  ORCH_RETURN_IF_ERROR(CheckNames(identity, "classes", classes));
  ORCH_RETURN_IF_ERROR(CheckNames(identity, "plugins", plugins));
  ORCH_RETURN_IF_ERROR(CheckNames(identity, "collectives", collectives));

  Slot slot = Find(identity);
  if (slot == kNoSlot) slot = TakeSlot(identity);
  for (const std::string& name : store_.FactNames(slot))
    if (!facts.contains(name) && !filter::IsHubFact(name)) store_.ClearFact(slot, name);
  SetOwnFacts(slot, facts);
  weights_[slot] = weight;
  store_.classes.Set(slot, classes);
  store_.plugins.Set(slot, plugins);
  store_.collectives.Set(slot, collectives);
  return slot;
}

void FactTable::SetOwnFacts(Slot slot, const Json& facts) {
  for (auto fact = facts.begin(); fact != facts.end(); ++fact)
    if (!filter::IsHubFact(fact.key())) store_.SetFact(slot, fact.key(), *fact);
}

ValueId FactTable::HubFact(Slot slot) const {
  const FactColumn* const column = store_.FindFact(filter::kHubFact);
  return column == nullptr ? kNoValue : column->at(slot);
}

size_t FactTable::OwnFactCount(Slot slot) const { return store_.FactCount(slot) - (HubFact(slot) == kNoValue ? 0 : 1); }

bool FactTable::SetHubFact(Slot slot, const Json& value) {
  if (value.is_null()) return store_.ClearFact(slot, filter::kHubFact);
  const ValueId before = HubFact(slot);
  store_.SetFact(slot, filter::kHubFact, value);
  return HubFact(slot) != before;
}

Slot FactTable::TakeSlot(absl::string_view identity) {
  Slot slot = static_cast<Slot>(names_.slots());
  if (free_.empty()) {
    weights_.push_back(0);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  names_.Add(slot, identity);
  live_.Insert(slot);
  ++size_;
  return slot;
}

void FactTable::Remove(Slot slot) {
  if (!IsLive(slot)) return;
  store_.ClearAllFacts(slot);
  store_.classes.Clear(slot);
  store_.plugins.Clear(slot);
  store_.collectives.Clear(slot);
  names_.Remove(slot);
  weights_[slot] = 0;
  free_.push_back(slot);
  live_.Erase(slot);
  --size_;
}

absl::Status FactTable::ApplyFactsDelta(Slot slot, const Json& set, const std::vector<std::string>& removed) {
  if (!IsLive(slot)) return absl::NotFoundError("facts of a node that is not in the table; it must register first");
  ORCH_RETURN_IF_ERROR(CheckFacts(identity(slot), set));
  // The facts that the change replaces or removes, each name once.
  size_t gone = 0, gone_weight = 0;
  const auto leave = [&](absl::string_view name) {
    const FactColumn* column = store_.FindFact(name);
    const ValueId id = column == nullptr ? kNoValue : column->at(slot);
    if (id == kNoValue || filter::IsHubFact(name)) return;
    ++gone;
    gone_weight += name.size() + WeightOfValue(column->pool(), id);
  };
  const absl::flat_hash_set<absl::string_view> names(removed.begin(), removed.end());
  for (const absl::string_view name : names)
    if (!set.contains(std::string(name))) leave(name);
  for (auto fact = set.begin(); fact != set.end(); ++fact) leave(fact.key());
  const size_t weight = weights_[slot] - gone_weight + WeightOfOwnFacts(set);
  ORCH_RETURN_IF_ERROR(CheckFactCount(identity(slot), OwnFactCount(slot) - gone + set.size(), weight));

  for (const std::string& name : removed)
    if (!filter::IsHubFact(name)) store_.ClearFact(slot, name);
  SetOwnFacts(slot, set);
  weights_[slot] = weight;
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
  FactColumn& column = what == "classes" ? store_.classes : what == "plugins" ? store_.plugins : store_.collectives;
  column.Set(slot, names);
  return absl::OkStatus();
}

FactSnapshot FactTable::Freeze(const ColumnNames& columns) const {
  FactSnapshot snapshot;
  snapshot.columns_.facts.reserve(columns.names().size());
  for (const std::string& name : columns.names()) {
    const FactColumn* column = store_.FindFact(name);
    snapshot.columns_.facts.emplace(name, column == nullptr ? std::nullopt : std::make_optional(column->View()));
  }
  snapshot.columns_.classes = store_.classes.View();
  snapshot.columns_.plugins = store_.plugins.View();
  snapshot.columns_.collectives = store_.collectives.View();
  snapshot.columns_.names = names_;
  snapshot.columns_.live = live_;
  return snapshot;
}

NodeFacts FactTable::FreezeNode(Slot slot) const {
  NodeFacts node;
  node.slot_ = slot;
  node.facts_ = store_.ViewsOf(slot);
  node.classes_ = store_.classes.View();
  return node;
}

std::vector<std::string> FactTable::Collectives(Slot slot) const { return NamesOf(store_.collectives.View(), slot); }

FactTable::Usage FactTable::usage() const { return {store_.fact_columns(), store_.values()}; }

}  // namespace orch::hub
