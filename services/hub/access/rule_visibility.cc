#include "services/hub/access/rule_visibility.h"

#include "base/status_macros.h"
#include "services/hub/access/rule_division.h"

namespace orch::hub {

void RuleVisibility::AddColumns(ColumnNames* names) const {
  for (const auto& rules : lists_) AddRuleColumns(rules, names);
}

absl::StatusOr<SlotSet> RuleVisibility::Select(const FactSnapshot& facts, const SlotSet& within,
                                               StepBudget* budget) const {
  SlotSet seen(facts.names().slots());
  for (const auto& rules : lists_) {
    SlotSet left = within;
    left.Subtract(seen);
    ORCH_ASSIGN_OR_RETURN(const std::vector<RuleShare> shares,
                          DivideAmongRules(rules, now_, facts, std::move(left), budget));
    for (const RuleShare& share : shares) {
      if (share.allowed) seen.Union(share.nodes);
    }
  }
  return seen;
}

}  // namespace orch::hub
