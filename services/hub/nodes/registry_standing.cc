// Brings what the registry knows of a node in line with what the hub itself says of it.
#include <utility>

#include "services/hub/nodes/registry.h"

namespace orch::hub {

NodeStandings::Collectives Registry::CollectivesOf(absl::string_view identity,
                                                   const std::vector<std::string>& named) const {
  if (standings_ == nullptr) return {named, {}};
  return standings_->CollectivesOf(identity, named);
}

Json Registry::TrustedOf(absl::string_view identity) const {
  Json trusted;
  if (standings_ == nullptr) return trusted;
  for (const auto& [name, value] : standings_->LabelsOf(identity)) trusted[name] = value;
  return trusted;
}

bool Registry::Restand(absl::string_view identity) {
  NodeRecord* const record = FindMutable(identity);
  if (record == nullptr) return false;
  bool changed = facts_.SetHubFact(record->slot, TrustedOf(identity));
  NodeStandings::Collectives collectives = CollectivesOf(identity, record->named_collectives);
  changed = changed || record->claimed_collectives != collectives.claimed;
  record->claimed_collectives = std::move(collectives.claimed);
  if (facts_.Collectives(record->slot) != collectives.members) {
    changed = true;
    facts_.SetCollectives(record->slot, collectives.members).IgnoreError();  // the node is there, and names are few
  }
  if (changed) record->changed = ++change_;
  return changed;
}

v1::NodeStanding Registry::StandingOf(const NodeRecord& record) const {
  v1::NodeStanding standing;
  if (standings_ != nullptr) {
    for (const auto& [name, value] : standings_->LabelsOf(record.identity)) (*standing.mutable_labels())[name] = value;
  }
  for (std::string& collective : facts_.Collectives(record.slot)) standing.add_collectives(std::move(collective));
  return standing;
}

}  // namespace orch::hub
