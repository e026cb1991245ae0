#include "services/hub/nodes/registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "services/hub/nodes/node_check.h"

namespace orch::hub {
namespace {

std::vector<std::string> ToVector(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

std::vector<std::string> PluginNames(const google::protobuf::RepeatedPtrField<v1::PluginRef>& plugins) {
  std::vector<std::string> names;
  names.reserve(plugins.size());
  for (const v1::PluginRef& plugin : plugins) names.push_back(plugin.name());
  return names;
}

}  // namespace

std::vector<PluginAnnouncement> PluginsOf(const google::protobuf::RepeatedPtrField<v1::PluginRef>& plugins) {
  std::vector<PluginAnnouncement> list;
  list.reserve(plugins.size());
  for (const v1::PluginRef& plugin : plugins) list.push_back({plugin.name(), plugin.version(), plugin.ddl_sha256()});
  return list;
}

absl::StatusOr<Registry::Attached> Registry::Attach(const v1::Node& node, NodeChannel* channel, absl::string_view peer,
                                                    absl::string_view key_id, absl::string_view instance) {
  ORCH_RETURN_IF_ERROR(CheckNode(node));
  NodeRecord* record = FindMutable(node.identity());
  if (record == nullptr) ORCH_RETURN_IF_ERROR(CheckRoom());
  const std::vector<std::string> named = ToVector(node.collectives());
  NodeStandings::Collectives collectives = CollectivesOf(node.identity(), named);
  const uint64_t mark = MarkOf(node);
  Attached attached;
  attached.as_before = record != nullptr && record->own_mark == mark;
  ORCH_ASSIGN_OR_RETURN(const Slot slot, TakeOwn(node, record, mark, collectives.members));
  facts_.SetHubFact(slot, TrustedOf(node.identity()));
  attached.was_known = record != nullptr;
  if (record == nullptr) {
    record = Add(node.identity(), slot);
    record->first_seen = clock_->Now();
  }
  attached.replaced = record->channel;
  attached.old_plugins = std::exchange(record->plugins, PluginsOf(node.plugins()));
  record->presence = v1::CONNECTED;
  record->last_seen = record->connected_since = clock_->Now();
  record->last_heard = clock_->Steady();
  record->gone = absl::InfinitePast();
  record->gone_reason.clear();
  returning_.Erase(slot);
  record->channel = channel;
  record->named_collectives = named;
  record->claimed_collectives = std::move(collectives.claimed);
  record->main_collective = node.main_collective();
  record->problems = ShortenProblems(node.problems());
  record->plugin_problems = ShortenPluginProblems(node.plugin_problems());
  record->version = node.version();
  record->peer = std::string(peer);
  record->instance = std::string(instance);
  record->key_id = std::string(key_id);
  record->changed = ++change_;
  record->own_mark = mark;
  attached_.Insert(slot);
  return attached;
}

// Most nodes come back as they went: after a restart of the hub, or when a connection broke.
absl::StatusOr<Slot> Registry::TakeOwn(const v1::Node& node, const NodeRecord* record, uint64_t mark,
                                       const std::vector<std::string>& collectives) {
  if (record != nullptr && record->own_mark == mark) {
    if (facts_.Collectives(record->slot) != collectives) {
      ORCH_RETURN_IF_ERROR(facts_.SetCollectives(record->slot, collectives));
    }
    return record->slot;
  }
  ORCH_ASSIGN_OR_RETURN(const Json facts, ParseFacts(node.facts_json()));
  return facts_.Upsert(node.identity(), facts, ToVector(node.classes()), PluginNames(node.plugins()), collectives);
}

NodeRecord* Registry::Add(absl::string_view identity, Slot slot) {
  auto made = std::make_unique<NodeRecord>();
  NodeRecord* const record = made.get();
  record->identity = std::string(identity);
  record->slot = slot;
  by_identity_.emplace(record->identity, std::move(made));
  if (by_slot_.size() <= slot) by_slot_.resize(slot + 1);
  return by_slot_[slot] = record;
}

absl::Status Registry::CheckRoom() const {
  if (by_identity_.size() < options_.max_nodes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the hub knows ", by_identity_.size(), " nodes, its limit, ", by_identity_.size() - attached_.size(),
                   " of them away; raise limits.nodes in its configuration, or forget nodes that will not come back "
                   "(orchctl node forget)"));
}

bool Registry::Forget(absl::string_view identity) {
  const auto found = by_identity_.find(identity);
  if (found == by_identity_.end() || found->second->channel != nullptr) return false;
  const Slot slot = found->second->slot;
  facts_.Remove(slot);
  returning_.Erase(slot);
  by_slot_[slot] = nullptr;
  by_identity_.erase(found);
  return true;
}

std::vector<std::string> Registry::AwayLongerThan(absl::Duration limit) const {
  std::vector<std::string> away;
  const absl::Duration since = clock_->Steady() - limit;
  for (const auto& [identity, record] : by_identity_) {
    if (record->channel == nullptr && record->last_heard < since) away.push_back(identity);
  }
  return away;
}

void Registry::SetConflict(absl::string_view identity, std::string text) {
  if (NodeRecord* const record = FindMutable(identity)) record->conflict = std::move(text);
}

uint32_t Registry::returning() const { return NodesMayReturn() ? static_cast<uint32_t>(returning_.size()) : 0; }

absl::Status Registry::Apply(absl::string_view identity, const v1::Delta& delta,
                             std::vector<PluginAnnouncement>* old_plugins) {
  NodeRecord* record = FindMutable(identity);
  if (record == nullptr) return absl::NotFoundError(absl::StrCat("node ", identity, " is not registered"));
  record->own_mark = 0;
  // Everything is checked before the first part is changed.
  if (delta.has_plugins()) ORCH_RETURN_IF_ERROR(CheckPlugins(delta.plugins()));
  if (delta.has_classes()) ORCH_RETURN_IF_ERROR(CheckNames("classes", kMaxClassesPerNode, delta.classes()));
  if (delta.has_collectives()) {
    ORCH_RETURN_IF_ERROR(CheckNames("collectives", kMaxCollectivesPerNode, delta.collectives()));
    if (delta.main_collective().size() > kMaxNameBytes)
      return absl::InvalidArgumentError("the main collective's name is too long");
  }
  ORCH_ASSIGN_OR_RETURN(Json set, ParseFacts(delta.facts_set_json()));
  if (!set.empty() || delta.facts_removed_size() > 0) {
    ORCH_RETURN_IF_ERROR(facts_.ApplyFactsDelta(record->slot, set, ToVector(delta.facts_removed())));
  }
  ORCH_RETURN_IF_ERROR(ApplyLists(record, delta));
  if (delta.has_plugins()) *old_plugins = std::exchange(record->plugins, PluginsOf(delta.plugins()));
  if (delta.has_collectives()) record->main_collective = delta.main_collective();
  record->changed = ++change_;
  if (delta.has_problems()) {
    record->problems = ShortenProblems(delta.problems());
    record->plugin_problems = ShortenPluginProblems(delta.plugin_problems());
  }
  return absl::OkStatus();
}

absl::Status Registry::ApplyLists(NodeRecord* record, const v1::Delta& delta) {
  const Slot slot = record->slot;
  if (delta.has_classes()) ORCH_RETURN_IF_ERROR(facts_.SetClasses(slot, ToVector(delta.classes())));
  if (delta.has_plugins()) ORCH_RETURN_IF_ERROR(facts_.SetPlugins(slot, PluginNames(delta.plugins())));
  if (!delta.has_collectives()) return absl::OkStatus();
  std::vector<std::string> named = ToVector(delta.collectives());
  NodeStandings::Collectives collectives = CollectivesOf(record->identity, named);
  ORCH_RETURN_IF_ERROR(facts_.SetCollectives(slot, collectives.members));
  record->named_collectives = std::move(named);
  record->claimed_collectives = std::move(collectives.claimed);
  return absl::OkStatus();
}

bool Registry::Heard(absl::string_view identity) {
  NodeRecord* record = FindMutable(identity);
  if (record == nullptr || record->channel == nullptr) return false;
  record->last_seen = clock_->Now();
  record->last_heard = clock_->Steady();
  return std::exchange(record->presence, v1::CONNECTED) == v1::STALE;
}

bool Registry::Detach(absl::string_view identity, const NodeChannel* channel, absl::string_view reason) {
  NodeRecord* record = FindMutable(identity);
  if (record == nullptr || record->channel != channel) return false;
  record->channel = nullptr;
  record->presence = v1::DISCONNECTED;
  record->connected_since = absl::InfinitePast();
  record->gone = clock_->Now();
  record->gone_reason = std::string(reason);
  attached_.Erase(record->slot);
  return true;
}

std::vector<std::string> Registry::MarkStale() {
  std::vector<std::string> stale;
  const absl::Duration limit = clock_->Steady() - options_.stale_after;
  attached_.ForEach([&](Slot slot) {
    NodeRecord* record = by_slot_[slot];
    if (record->presence != v1::CONNECTED || record->last_heard >= limit) return;
    record->presence = v1::STALE;
    stale.push_back(record->identity);
  });
  return stale;
}

NodeChannel* Registry::ChannelOf(absl::string_view identity) const {
  const NodeRecord* record = Find(identity);
  return record == nullptr ? nullptr : record->channel;
}

bool Registry::ChangedSince(absl::string_view identity, uint64_t change) const {
  const NodeRecord* record = Find(identity);
  return record == nullptr || record->changed > change;
}

FleetSnapshot Registry::Freeze(const ColumnNames& columns) const {
  return {facts_.Freeze(columns), attached_, NodesMayReturn() ? returning_ : SlotSet(), change_};
}

const NodeRecord* Registry::Find(absl::string_view identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? nullptr : found->second.get();
}

NodeRecord* Registry::FindMutable(absl::string_view identity) { return const_cast<NodeRecord*>(Find(identity)); }

Registry::Counts Registry::counts() const {
  Counts counts;
  attached_.ForEach([&](Slot slot) {
    if (by_slot_[slot]->presence == v1::STALE) {
      ++counts.stale;
    } else {
      ++counts.connected;
    }
  });
  counts.disconnected = static_cast<uint32_t>(by_identity_.size()) - counts.connected - counts.stale;
  return counts;
}

void Registry::SetClockSkew(absl::string_view identity, absl::Duration skew) {
  if (NodeRecord* record = FindMutable(identity); record != nullptr) record->clock_skew = skew;
}

std::map<std::string, absl::Duration> Registry::ClockSkews() const {
  std::map<std::string, absl::Duration> skews;
  attached_.ForEach([&](Slot slot) {
    const NodeRecord& record = *by_slot_[slot];
    if (absl::AbsDuration(record.clock_skew) >= kNotableSkew && skews.size() < kMaxSkewsNamed) {
      skews.emplace(record.identity, record.clock_skew);
    }
  });
  return skews;
}

std::map<std::string, Registry::KeyUse> Registry::KeyUses() const {
  std::map<std::string, KeyUse> uses;
  for (const auto& [identity, record] : by_identity_) {
    KeyUse& use = uses[record->key_id];
    ++use.known;
    if (record->channel != nullptr) ++use.attached;
    if (use.names.size() < kMaxKeyUsers) use.names.push_back(identity);
  }
  for (auto& [key_id, use] : uses) std::sort(use.names.begin(), use.names.end());
  return uses;
}

std::map<std::string, uint32_t> Registry::AttachedByKey() const {
  std::map<std::string, uint32_t> by_key;
  attached_.ForEach([&](Slot slot) { ++by_key[by_slot_[slot]->key_id]; });
  return by_key;
}

}  // namespace orch::hub
