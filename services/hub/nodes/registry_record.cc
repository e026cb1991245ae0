// Converts what the registry knows about a node to a message, and back.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/hub_fact.h"
#include "services/hub/nodes/node_check.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {
namespace {

int64_t MicrosOrZero(absl::Time time) { return time == absl::InfinitePast() ? 0 : absl::ToUnixMicros(time); }

}  // namespace

absl::StatusOr<Json> Registry::CheckStored(const v1::Node& node) {
  ORCH_RETURN_IF_ERROR(CheckNode(node));
  return ParseFacts(node.facts_json());
}

void Registry::Restore(const v1::Node& node, const absl::StatusOr<Json>& facts, absl::string_view problem) {
  std::vector<std::string> problems;
  if (!problem.empty()) problems.push_back(std::string(problem));
  const auto stored = [&]() -> absl::StatusOr<Slot> {
    ORCH_RETURN_IF_ERROR(facts.status());
    std::vector<std::string> plugins;
    for (const v1::PluginRef& plugin : node.plugins()) plugins.push_back(plugin.name());
    return facts_.Upsert(node.identity(), *facts, {node.classes().begin(), node.classes().end()}, plugins, {});
  }();
  NodeRecord* record = nullptr;
  if (stored.ok()) {
    record = Add(node.identity(), *stored);
    record->plugins = PluginsOf(node.plugins());
    record->named_collectives = {node.collectives().begin(), node.collectives().end()};
    record->main_collective = node.main_collective();
  } else {
    const auto bare = facts_.Upsert(node.identity(), Json::object(), {}, {}, {});
    if (!bare.ok()) return;  // impossible: nothing in it can be refused
    record = Add(node.identity(), *bare);
    problems.push_back(absl::StrCat("what was stored of it is refused: ", stored.status().message()));
  }
  if (stored.ok()) record->own_mark = MarkOf(node);
  record->last_seen = absl::FromUnixMicros(node.last_seen_us());
  record->last_heard = clock_->Steady() - std::max(absl::ZeroDuration(), clock_->Now() - record->last_seen);
  record->connected_since = absl::InfinitePast();
  record->first_seen = absl::FromUnixMicros(node.first_seen_us());
  if (node.gone_us() > 0) record->gone = absl::FromUnixMicros(node.gone_us());
  record->gone_reason = node.gone_reason();
  if (node.presence() == v1::CONNECTED) returning_.Insert(record->slot);
  record->changed = ++change_;
  record->problems = ShortenProblems(node.problems());
  record->problems.insert(record->problems.end(), problems.begin(), problems.end());
  record->plugin_problems = ShortenPluginProblems(node.plugin_problems());
  record->version = node.version();
  record->peer = node.peer();
  record->key_id = node.key_id();
  Restand(record->identity);
}

v1::Node Registry::DescribePresence(const NodeRecord& record) const {
  v1::Node node;
  node.set_identity(record.identity);
  node.set_presence(record.presence);
  node.set_first_seen_us(MicrosOrZero(record.first_seen));
  node.set_last_seen_us(MicrosOrZero(record.last_seen));
  node.set_connected_since_us(MicrosOrZero(record.connected_since));
  node.set_gone_us(MicrosOrZero(record.gone));
  node.set_gone_reason(record.gone_reason);
  for (const std::string& collective : facts_.Collectives(record.slot)) node.add_collectives(collective);
  for (const std::string& collective : record.claimed_collectives) node.add_claimed_collectives(collective);
  node.set_main_collective(record.main_collective);
  if (standings_ != nullptr) {
    for (const auto& [name, value] : standings_->LabelsOf(record.identity)) (*node.mutable_labels())[name] = value;
  }
  node.set_version(record.version);
  node.set_peer(record.peer);
  node.set_key_id(record.key_id);
  return node;
}

NodeSnapshot Registry::FreezeNode(const NodeRecord& record) const {
  NodeSnapshot snapshot;
  snapshot.facts = facts_.FreezeNode(record.slot);
  snapshot.named_collectives = record.named_collectives;
  v1::Node& node = snapshot.head;
  node = DescribePresence(record);
  for (const PluginAnnouncement& plugin : record.plugins) {
    v1::PluginRef* ref = node.add_plugins();
    ref->set_name(plugin.name);
    ref->set_version(plugin.version);
    ref->set_ddl_sha256(plugin.sha256);
  }
  if (!record.conflict.empty()) node.add_problems(record.conflict);
  for (const std::string& problem : record.problems) node.add_problems(problem);
  for (const v1::PluginProblem& problem : record.plugin_problems) *node.add_plugin_problems() = problem;
  return snapshot;
}

v1::Node NodeSnapshot::Describe() const {
  v1::Node node = head;
  for (const std::string& name : facts.classes()) node.add_classes(name);
  node.set_facts_json(DumpJson(facts.facts()));
  return node;
}

v1::Node NodeSnapshot::DescribeOwn() const {
  Json own = facts.facts();
  own.erase(filter::kHubFact);
  v1::Node node = DescribeOwnRest();
  node.set_facts_json(DumpJson(own));
  return node;
}

v1::Node NodeSnapshot::DescribeOwnRest() const {
  v1::Node node = head;
  for (const std::string& name : facts.classes()) node.add_classes(name);
  node.mutable_collectives()->Assign(named_collectives.begin(), named_collectives.end());
  node.clear_claimed_collectives();
  node.clear_labels();
  return node;
}

}  // namespace orch::hub
