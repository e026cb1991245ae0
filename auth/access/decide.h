// What the rules that speak of a request decide about one node. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "auth/access/access_rules.h"
#include "filter/node_view.h"

namespace orch::auth {

struct AccessDecision {
  bool allowed = false;
  const AccessRule* rule = nullptr;  // that decided; null: no rule fits, which denies
  std::string reason;                // for people; empty if allowed
};

// `rules` are those of AccessRules::For. The first rule whose `nodes` fit decides; one that denies holds only within
// its hours. A rule that allows denies outside of its hours, and where its facts do not fit.
AccessDecision Decide(const std::vector<const AccessRule*>& rules, const filter::NodeView& node, absl::Time now);

// Whether some node can be one for which the rules allow the request: what holds before nodes are known.
AccessDecision DecideForSomeNode(const std::vector<const AccessRule*>& rules, absl::Time now);

// Whether the rules allow the request without regard to nodes: the first rule that speaks of every node decides, and
// one that is for some nodes or asks for facts allows nothing.
AccessDecision DecideForEveryNode(const std::vector<const AccessRule*>& rules, absl::Time now);

}  // namespace orch::auth
