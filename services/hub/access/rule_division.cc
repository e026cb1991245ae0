#include "services/hub/access/rule_division.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

using auth::AccessRule;

constexpr char kNoRule[] = "no rule allows it";

// A rule that denies speaks only within its hours; one that allows says no outside of them.
bool Speaks(const AccessRule& rule, absl::Time now) { return rule.allow || rule.hours.Holds(now); }

std::string WhyDenied(const AccessRule& rule, absl::Time now) {
  if (!rule.allow) return "a rule denies it";
  if (!rule.hours.Holds(now)) return absl::StrCat("it is allowed only within the hours ", rule.hours.text());
  return "";
}

void AddShare(const AccessRule* rule, bool allowed, SlotSet nodes, std::string why, std::vector<RuleShare>* shares) {
  if (nodes.empty()) return;
  shares->push_back({rule, allowed, std::move(nodes), std::move(why)});
}

// Adds the shares of a rule that decides about `nodes`.
absl::Status AddShares(const AccessRule& rule, absl::Time now, const FactSnapshot& facts, SlotSet nodes,
                       StepBudget* budget, std::vector<RuleShare>* shares) {
  std::string why = WhyDenied(rule, now);
  if (!why.empty()) {
    AddShare(&rule, false, std::move(nodes), std::move(why), shares);
    return absl::OkStatus();
  }
  if (rule.facts.empty()) {
    AddShare(&rule, true, std::move(nodes), "", shares);
    return absl::OkStatus();
  }
  ORCH_ASSIGN_OR_RETURN(FactSnapshot::Selection fitting, facts.Select(rule.facts, budget, &nodes));
  nodes.Subtract(fitting.nodes);
  AddShare(&rule, true, std::move(fitting.nodes), "", shares);
  AddShare(&rule, false, std::move(nodes), "the facts that the rule asks for do not hold there", shares);
  return absl::OkStatus();
}

}  // namespace

std::string DenialText(const RuleShare& share, absl::string_view source) {
  return absl::StrCat(share.why, " (", share.rule != nullptr ? absl::string_view(share.rule->place) : source, ")");
}

absl::StatusOr<std::vector<RuleShare>> DivideAmongRules(const std::vector<const AccessRule*>& rules, absl::Time now,
                                                        const FactSnapshot& facts, SlotSet nodes, StepBudget* budget) {
  std::vector<RuleShare> shares;
  for (const AccessRule* rule : rules) {
    if (nodes.empty()) return shares;
    if (!Speaks(*rule, now)) continue;
    if (!budget->Spend(1)) return budget->status();
    if (rule->nodes.empty()) {
      ORCH_RETURN_IF_ERROR(AddShares(*rule, now, facts, std::exchange(nodes, SlotSet()), budget, &shares));
      return shares;
    }
    ORCH_ASSIGN_OR_RETURN(FactSnapshot::Selection fitting, facts.Select(rule->nodes, budget, &nodes));
    nodes.Subtract(fitting.nodes);
    ORCH_RETURN_IF_ERROR(AddShares(*rule, now, facts, std::move(fitting.nodes), budget, &shares));
  }
  AddShare(nullptr, false, std::move(nodes), kNoRule, &shares);
  return shares;
}

bool AllowsEveryNode(const std::vector<const AccessRule*>& rules, absl::Time now) {
  for (const AccessRule* rule : rules) {
    if (!Speaks(*rule, now)) continue;
    return rule->nodes.empty() && rule->facts.empty() && WhyDenied(*rule, now).empty();
  }
  return false;
}

void AddRuleColumns(const std::vector<const AccessRule*>& rules, ColumnNames* names) {
  for (const AccessRule* rule : rules) {
    names->AddFilter(rule->nodes);
    names->AddFilter(rule->facts);
  }
}

}  // namespace orch::hub
