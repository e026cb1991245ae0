#include "auth/access/decide.h"

#include "absl/strings/str_cat.h"

namespace orch::auth {

AccessDecision Decide(const std::vector<const AccessRule*>& rules, const filter::NodeView& node, absl::Time now) {
  for (const AccessRule* rule : rules) {
    const bool within = rule->hours.Holds(now);
    if ((!rule->allow && !within) || filter::Narrow(rule->nodes, node) != filter::Verdict::kYes) continue;
    if (!rule->allow) return {false, rule, absl::StrCat("the rule at ", rule->place, " denies it")};
    if (!within) {
      return {false, rule, absl::StrCat("the rule at ", rule->place, " allows it only at ", rule->hours.text())};
    }
    if (filter::Narrow(rule->facts, node) != filter::Verdict::kYes) {
      return {false, rule,
              absl::StrCat("the rule at ", rule->place,
                           " allows it only where facts fit that this node "
                           "does not have")};
    }
    return {true, rule, ""};
  }
  return {false, nullptr, "no rule allows it"};
}

AccessDecision DecideForSomeNode(const std::vector<const AccessRule*>& rules, absl::Time now) {
  AccessDecision denied = {false, nullptr, "no rule allows it"};
  for (const AccessRule* rule : rules) {
    const bool within = rule->hours.Holds(now);
    if (rule->allow && within) return {true, rule, ""};
    if (!rule->allow && !within) continue;
    std::string reason = rule->allow
                             ? absl::StrCat("the rule at ", rule->place, " allows it only at ", rule->hours.text())
                             : absl::StrCat("the rule at ", rule->place, " denies it");
    if (denied.rule == nullptr) denied = {false, rule, std::move(reason)};
    if (rule->nodes.empty()) return denied;  // no node is left for later rules
  }
  return denied;
}

AccessDecision DecideForEveryNode(const std::vector<const AccessRule*>& rules, absl::Time now) {
  for (const AccessRule* rule : rules) {
    const bool within = rule->hours.Holds(now);
    if (!rule->nodes.empty() || (!rule->allow && !within)) continue;
    if (!rule->allow) return {false, rule, absl::StrCat("the rule at ", rule->place, " denies it")};
    if (!within) {
      return {false, rule, absl::StrCat("the rule at ", rule->place, " allows it only at ", rule->hours.text())};
    }
    if (rule->facts.empty()) return {true, rule, ""};
    return {false, rule, absl::StrCat("the rule at ", rule->place, " allows it for some nodes only")};
  }
  return {false, nullptr, "no rule allows it"};
}

}  // namespace orch::auth
