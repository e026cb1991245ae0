#include "auth/access/role_expansion.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "auth/access/action_word.h"
#include "auth/access/node_filters.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

// The smaller of two limits, of which 0 is none.
uint32_t Stricter(uint32_t a, uint32_t b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

// False if no action is left. Without 'invoke' actions mean nothing.
bool NarrowActions(const RuleDraft& outer, AccessRule* rule) {
  if (!outer.has_actions || !rule->Has(Verb::kInvoke)) return true;
  std::vector<std::string> both;
  for (const std::string& one : rule->actions) {
    for (const std::string& other : outer.rule.actions) {
      const std::optional<std::string> word = BothActionWords(one, other);
      if (word && std::find(both.begin(), both.end(), *word) == both.end()) both.push_back(*word);
    }
  }
  rule->actions = std::move(both);
  if (rule->actions.empty()) rule->verbs &= static_cast<uint8_t>(~VerbBit(Verb::kInvoke));
  return rule->verbs != 0;
}

absl::Status NarrowInputs(const RuleDraft& outer, AccessRule* rule) {
  if (!rule->Has(Verb::kInvoke)) return absl::OkStatus();
  // The direction of the role's rule decides what "." fits.
  const TextPattern::Dot dot = rule->allow ? TextPattern::Dot::kNoLineBreak : TextPattern::Dot::kAnything;
  for (const auto& [input, texts] : outer.rule.inputs) {
    if (rule->inputs.contains(input)) {
      return absl::InvalidArgumentError(absl::StrCat("input '", input, "' is restricted by the role too (",
                                                     rule->role_place, "); write it in one of the two"));
    }
    rule->inputs[input] = texts;
    for (const std::string& text : texts) {
      ORCH_ASSIGN_OR_RETURN(TextPattern pattern, TextPattern::Parse(text, dot));
      rule->input_patterns[input].push_back(std::move(pattern));
    }
  }
  return absl::OkStatus();
}

// False if no collective is left.
bool NarrowCollectives(const RuleDraft& outer, AccessRule* rule) {
  if (outer.rule.collectives.empty()) return true;
  if (rule->collectives.empty()) {
    rule->collectives = outer.rule.collectives;
    return true;
  }
  std::erase_if(rule->collectives, [&outer](const std::string& one) {
    const auto& allowed = outer.rule.collectives;
    return std::find(allowed.begin(), allowed.end(), one) == allowed.end();
  });
  return !rule->collectives.empty();
}

absl::Status AddConditions(const RuleDraft& outer, bool has_approval, AccessRule* rule) {
  if (!rule->allow || !rule->Has(Verb::kInvoke)) return absl::OkStatus();
  const Conditions& from = outer.rule.conditions;
  Conditions& into = rule->conditions;
  into.max_targets = Stricter(into.max_targets, from.max_targets);
  into.max_targets_percent = Stricter(into.max_targets_percent, from.max_targets_percent);
  into.concurrency = Stricter(into.concurrency, from.concurrency);
  into.needs_reason |= from.needs_reason;
  into.needs_ticket |= from.needs_ticket;
  if (!outer.has_approval) return absl::OkStatus();
  if (has_approval) {
    return absl::InvalidArgumentError(
        absl::StrCat("approval is demanded by the role too (", rule->role_place, "); write it in one of the two"));
  }
  into.approvals = from.approvals;
  into.approvals_above = from.approvals_above;
  into.approvers = from.approvers;
  into.approver_names = from.approver_names;
  into.approval_within = from.approval_within;
  return absl::OkStatus();
}

// nullopt if the rule can fit nothing.
absl::StatusOr<std::optional<AccessRule>> Narrow(const RuleDraft& outer, const RuleDraft& of_role) {
  AccessRule rule = of_role.rule;
  rule.role = outer.role;
  rule.role_place = std::exchange(rule.place, outer.rule.place);
  rule.callers = outer.rule.callers;
  if (!rule.allow && (!outer.rule.facts.empty() || !outer.rule.collectives.empty())) {
    return absl::InvalidArgumentError(absl::StrCat("the role denies something (", rule.role_place,
                                                   "), and a rule that denies takes no 'facts' and no "
                                                   "'collective'; write the role's rules out"));
  }
  if (!NarrowActions(outer, &rule) || !NarrowCollectives(outer, &rule)) return std::optional<AccessRule>();
  ORCH_RETURN_IF_ERROR(NarrowInputs(outer, &rule));
  ORCH_ASSIGN_OR_RETURN(std::optional<filter::Filter> nodes, BothFilters(rule.nodes, outer.rule.nodes));
  ORCH_ASSIGN_OR_RETURN(std::optional<filter::Filter> facts, BothFilters(rule.facts, outer.rule.facts));
  if (!nodes || !facts) return std::optional<AccessRule>();
  rule.nodes = *std::move(nodes);
  rule.facts = *std::move(facts);
  rule.hours = Hours::Both(rule.hours, outer.rule.hours);
  ORCH_RETURN_IF_ERROR(AddConditions(outer, of_role.has_approval, &rule));
  return std::optional<AccessRule>(std::move(rule));
}

}  // namespace

std::vector<RuleDraft> BuiltInRole(absl::string_view name) {
  RuleDraft draft;
  draft.rule.allow = true;
  draft.rule.actions = {"*"};
  if (name == "viewer") {
    draft.rule.verbs = VerbBit(Verb::kRead);
  } else if (name == "operator") {
    draft.rule.verbs = VerbBit(Verb::kRead) | VerbBit(Verb::kInvoke) | VerbBit(Verb::kControl);
  } else if (name == "admin") {
    draft.rule.verbs =
        VerbBit(Verb::kRead) | VerbBit(Verb::kInvoke) | VerbBit(Verb::kControl) | VerbBit(Verb::kAdminister);
  } else {
    return {};
  }
  return {std::move(draft)};
}

absl::StatusOr<std::vector<AccessRule>> ExpandRole(const RuleDraft& outer, const std::vector<RuleDraft>& role) {
  std::vector<AccessRule> rules;
  for (const RuleDraft& of_role : role) {
    ORCH_ASSIGN_OR_RETURN(std::optional<AccessRule> rule, Narrow(outer, of_role));
    if (rule) rules.push_back(*std::move(rule));
  }
  return rules;
}

}  // namespace orch::auth
