#include "services/nodeagent/state/node_snapshot.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/core/catalog.h"

namespace orch::nodeagent {
namespace {

void FillPlugins(const NodeSnapshot& snapshot, google::protobuf::RepeatedPtrField<v1::PluginRef>* out) {
  for (const auto& [name, plugin] : snapshot.plugins) {
    v1::PluginRef* ref = out->Add();
    ref->set_name(name);
    ref->set_version(plugin->version);
    ref->set_ddl_sha256(plugin->sha256);
  }
}

std::string CapProblem(std::string problem) {
  // The way through JSON replaces bytes that are not UTF-8, which a protobuf string may not hold.
  problem = Json::parse(DumpJson(problem)).get<std::string>();
  if (problem.size() <= kMaxProblemBytes) return problem;
  size_t end = kMaxProblemBytes;
  while (end > 0 && (static_cast<unsigned char>(problem[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(problem.substr(0, end), "…");
}

void FillPluginProblems(const NodeSnapshot& snapshot, google::protobuf::RepeatedPtrField<v1::PluginProblem>* out) {
  for (const PluginProblem& problem : snapshot.plugin_problems) {
    if (static_cast<size_t>(out->size()) >= kMaxProblems) return;
    v1::PluginProblem* added = out->Add();
    added->set_plugin(CapProblem(problem.plugin));
    added->set_reason(CapProblem(problem.reason));
  }
}

bool SamePlugins(const NodeSnapshot& a, const NodeSnapshot& b) {
  return std::equal(
      a.plugins.begin(), a.plugins.end(), b.plugins.begin(), b.plugins.end(),
      [](const auto& x, const auto& y) { return x.first == y.first && x.second->sha256 == y.second->sha256; });
}

Change FactChanges(const Json& before, const Json& after, v1::Delta* delta) {
  Change change = Change::kNone;
  const auto note = [&change](const std::string& name) {
    change = std::max(change, IsVolatileFact(name) ? Change::kVolatile : Change::kReal);
  };
  Json set = Json::object();
  for (const auto& [name, value] : after.items()) {
    const auto old = before.find(name);
    // nlohmann considers 1 and 1.0 equal; the filter language does not.
    if (old != before.end() && *old == value && DumpJson(*old) == DumpJson(value)) continue;
    set[name] = value;
    note(name);
  }
  for (const auto& [name, value] : before.items()) {
    if (after.contains(name)) continue;
    delta->add_facts_removed(name);
    note(name);
  }
  if (!set.empty()) delta->set_facts_set_json(DumpJson(set));
  return change;
}

}  // namespace

std::vector<std::string> NodeSnapshot::PluginNames() const {
  std::vector<std::string> names;
  for (const auto& [name, plugin] : plugins) names.push_back(name);
  return names;
}

void NodeSnapshot::SetPlugins(const actions::Catalog& catalog) {
  plugins.clear();
  for (const auto& [name, plugin] : catalog.plugins()) plugins.emplace(name, plugin->ddl());
  plugin_problems.clear();
  for (const actions::Catalog::Problem& problem : catalog.problems()) {
    plugin_problems.push_back({problem.plugin, problem.reason});
  }
}

void FillNode(const NodeSnapshot& snapshot, v1::Node* node) {
  node->set_identity(snapshot.identity);
  node->set_version(snapshot.version);
  node->mutable_collectives()->Assign(snapshot.collectives.begin(), snapshot.collectives.end());
  node->set_main_collective(snapshot.main_collective);
  FillPlugins(snapshot, node->mutable_plugins());
  node->mutable_classes()->Assign(snapshot.classes.begin(), snapshot.classes.end());
  node->set_facts_json(DumpJson(*snapshot.facts));
  node->mutable_problems()->Assign(snapshot.problems.begin(), snapshot.problems.end());
  FillPluginProblems(snapshot, node->mutable_plugin_problems());
}

std::optional<absl::string_view> FindDdl(const NodeSnapshot& snapshot, absl::string_view sha256) {
  for (const auto& [name, plugin] : snapshot.plugins) {
    if (plugin->sha256 == sha256) return plugin->json;
  }
  return std::nullopt;
}

bool IsVolatileFact(absl::string_view name) {
  static constexpr absl::string_view kVolatile[] = {"load_averages", "memory",       "memoryfree",    "memoryfree_mb",
                                                    "mountpoints",   "swapfree",     "swapfree_mb",   "system_uptime",
                                                    "uptime",        "uptime_hours", "uptime_seconds"};
  return std::find(std::begin(kVolatile), std::end(kVolatile), name) != std::end(kVolatile);
}

Change ComputeDelta(const NodeSnapshot& before, const NodeSnapshot& after, v1::Delta* delta) {
  Change change = before.facts == after.facts ? Change::kNone : FactChanges(*before.facts, *after.facts, delta);
  if (before.classes != after.classes) {
    delta->set_has_classes(true);
    delta->mutable_classes()->Assign(after.classes.begin(), after.classes.end());
    change = Change::kReal;
  }
  if (!SamePlugins(before, after)) {
    delta->set_has_plugins(true);
    FillPlugins(after, delta->mutable_plugins());
    change = Change::kReal;
  }
  if (before.collectives != after.collectives || before.main_collective != after.main_collective) {
    delta->set_has_collectives(true);
    delta->mutable_collectives()->Assign(after.collectives.begin(), after.collectives.end());
    delta->set_main_collective(after.main_collective);
    change = Change::kReal;
  }
  if (before.problems != after.problems || before.plugin_problems != after.plugin_problems) {
    delta->set_has_problems(true);
    delta->mutable_problems()->Assign(after.problems.begin(), after.problems.end());
    FillPluginProblems(after, delta->mutable_plugin_problems());
    change = Change::kReal;
  }
  return change;
}

std::vector<std::string> CapProblems(std::vector<std::string> problems) {
  for (std::string& problem : problems) problem = CapProblem(std::move(problem));
  if (problems.size() > kMaxProblems) {
    const size_t more = problems.size() - kMaxProblems + 1;
    problems.resize(kMaxProblems - 1);
    problems.push_back(absl::StrCat("and ", more, " more problems; see the node's log"));
  }
  return problems;
}

}  // namespace orch::nodeagent
