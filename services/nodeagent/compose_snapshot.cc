#include "services/nodeagent/compose_snapshot.h"

#include <utility>

#include "base/version.h"

namespace orch::nodeagent {

std::shared_ptr<const NodeSnapshot> ComposeSnapshot(const AgentConfig& config, const Inventory::Found& found,
                                                    const actions::Catalog& catalog,
                                                    const std::vector<std::string>& journal_problems) {
  auto snapshot = std::make_shared<NodeSnapshot>();
  snapshot->identity = config.identity;
  snapshot->version = kVersion;
  snapshot->collectives = config.collectives;
  snapshot->main_collective = config.main_collective;
  snapshot->facts = found.facts.facts;
  snapshot->classes = found.classes.names;
  snapshot->SetPlugins(catalog);
  std::vector<std::string> problems = found.facts.problems;
  if (!found.classes.problem.empty()) problems.push_back(found.classes.problem);
  problems.insert(problems.end(), journal_problems.begin(), journal_problems.end());
  snapshot->problems = CapProblems(std::move(problems));
  return snapshot;
}

}  // namespace orch::nodeagent
