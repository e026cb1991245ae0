#include "services/nodeagent/compose_snapshot.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "filter/hub_fact.h"

namespace orch::nodeagent {
namespace {

// Without the facts that only the hub may say. Sets `*dropped` to the name of one of them.
std::shared_ptr<const Json> OwnFacts(std::shared_ptr<const Json> facts, std::string* dropped) {
  const auto& by_name = facts->get_ref<const Json::object_t&>();
  std::shared_ptr<Json> own;
  for (auto fact = by_name.lower_bound(filter::kHubFact); fact != by_name.end(); ++fact) {
    if (!absl::StartsWith(fact->first, filter::kHubFact)) break;
    if (!filter::IsHubFact(fact->first)) continue;
    if (own == nullptr) own = std::make_shared<Json>(*facts);
    own->erase(fact->first);
    *dropped = fact->first;
  }
  return own == nullptr ? std::move(facts) : std::move(own);
}

// Null without labels.
std::shared_ptr<const Json> AddLabels(const Json& own, const Standing* standing) {
  if (standing == nullptr || standing->labels.empty()) return nullptr;
  auto all = std::make_shared<Json>(own);
  Json& trusted = (*all)[filter::kHubFact] = Json::object();
  for (const auto& [name, value] : standing->labels) trusted[name] = value;
  return all;
}

}  // namespace

std::shared_ptr<const Json> FactsWithLabels(std::shared_ptr<const Json> facts, const Standing* standing) {
  std::string ignored;
  std::shared_ptr<const Json> own = OwnFacts(std::move(facts), &ignored);
  std::shared_ptr<const Json> all = AddLabels(*own, standing);
  return all == nullptr ? std::move(own) : std::move(all);
}

std::shared_ptr<const NodeSnapshot> ComposeSnapshot(const AgentConfig& config, const Inventory::Found& found,
                                                    const actions::Catalog& catalog,
                                                    const std::vector<std::string>& other_problems,
                                                    std::shared_ptr<const Standing> standing) {
  auto snapshot = std::make_shared<NodeSnapshot>();
  snapshot->identity = config.identity;
  snapshot->version = kVersion;
  snapshot->collectives = config.collectives;
  snapshot->main_collective = config.main_collective;
  std::string dropped;
  snapshot->facts = OwnFacts(found.facts.facts, &dropped);
  snapshot->labelled_facts = AddLabels(*snapshot->facts, standing.get());
  if (standing != nullptr) {
    snapshot->granted_collectives = {standing, &standing->collectives};
  }
  snapshot->classes = found.classes.names;
  snapshot->SetPlugins(catalog);
  std::vector<std::string> problems = found.facts.problems;
  if (!found.classes.problem.empty()) problems.push_back(found.classes.problem);
  if (!dropped.empty()) {
    problems.push_back(absl::StrCat("the fact '", dropped, "' of this node is left out: what is below '",
                                    filter::kHubFact, "' is said by the hub alone; give the fact another name"));
  }
  problems.insert(problems.end(), other_problems.begin(), other_problems.end());
  snapshot->problems = CapProblems(std::move(problems));
  return snapshot;
}

}  // namespace orch::nodeagent
