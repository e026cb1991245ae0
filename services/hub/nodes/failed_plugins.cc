#include "services/hub/nodes/failed_plugins.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

void AddIdentity(const std::string& identity, std::vector<std::string>* first) {
  first->insert(std::upper_bound(first->begin(), first->end(), identity), identity);
  if (first->size() > kMaxFailedIdentities) first->pop_back();
}

}  // namespace

std::vector<FailedPlugin> CollectFailedPlugins(const Registry& registry, const DdlCache& ddls) {
  std::map<std::pair<std::string, std::string>, FailedPlugin> found;
  const auto entry_of = [&found](const std::string& plugin, const std::string& reason) -> FailedPlugin* {
    const auto key = std::make_pair(plugin, reason);
    const auto known = found.find(key);
    if (known != found.end()) return &known->second;
    if (found.size() >= kMaxFailedPlugins) return nullptr;
    return &found.emplace(key, FailedPlugin{plugin, reason, 0, {}}).first->second;
  };
  registry.attached().ForEach([&](Slot slot) {
    const NodeRecord& node = registry.At(slot);
    for (const v1::PluginProblem& problem : node.plugin_problems) {
      FailedPlugin* failed = entry_of(problem.plugin(), problem.reason());
      if (failed == nullptr) continue;
      ++failed->nodes;
      AddIdentity(node.identity, &failed->identities);
    }
  });
  for (const DdlCache::Entry* entry : ddls.All()) {
    if (entry->problem.empty() || entry->nodes == 0) continue;
    FailedPlugin* failed = entry_of(entry->name, absl::StrCat("the hub cannot use its DDL: ", entry->problem));
    if (failed != nullptr) failed->nodes += entry->nodes;
  }
  std::vector<FailedPlugin> all;
  all.reserve(found.size());
  for (auto& [key, failed] : found) all.push_back(std::move(failed));
  return all;
}

}  // namespace orch::hub
