// Divides nodes among the rules that decide about them: the first rule whose `nodes` fit a node decides. Pure
// functions; off the hub's loop.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/access/access_rules.h"
#include "services/hub/nodes/fact_table/column_names.h"
#include "services/hub/nodes/fact_table/fact_snapshot.h"

namespace orch::hub {

// The nodes about which one rule decides in one way.
struct RuleShare {
  const auth::AccessRule* rule = nullptr;  // null: no rule fits, so that the nodes are denied
  bool allowed = false;
  SlotSet nodes;
  std::string why;  // for people; empty when it is allowed
};

// Why the nodes of a share are denied, for people: "a rule denies it (access.yaml:12)". `source`: where the rules are
// from.
std::string DenialText(const RuleShare& share, absl::string_view source);

// `rules`: AccessRules::For, in order. Shares without nodes are left out. When the budget is spent, returns its status.
absl::StatusOr<std::vector<RuleShare>> DivideAmongRules(const std::vector<const auth::AccessRule*>& rules,
                                                        absl::Time now, const FactSnapshot& facts, SlotSet nodes,
                                                        StepBudget* budget);

// Whether the first rule allows the request for every node, so that nodes need not be looked at.
bool AllowsEveryNode(const std::vector<const auth::AccessRule*>& rules, absl::Time now);

void AddRuleColumns(const std::vector<const auth::AccessRule*>& rules, ColumnNames* names);

}  // namespace orch::hub
