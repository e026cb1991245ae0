#include "auth/access/action_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::auth {

ActionPolicy ActionPolicy::Unreadable(std::string file, std::string why) {
  ActionPolicy policy;
  policy.file_ = std::move(file);
  policy.broken_ = std::move(why);
  return policy;
}

bool ActionPolicy::Rule::Fits(const filter::Filter& filter, const filter::NodeView& node,
                              filter::DataFunctions* functions) const {
  if (!filter.has_data_functions() || functions == nullptr) {
    const filter::Verdict verdict = filter::Narrow(filter, node);
    return verdict == filter::Verdict::kYes || (verdict == filter::Verdict::kAskNode && !allow);
  }
  std::string failure;
  return filter::Matches(filter, node, functions, &failure) || (!failure.empty() && !allow);
}

bool ActionPolicy::SpeaksOf(const Rule& rule, const Caller& caller, absl::string_view action) const {
  const bool any = rule.actions.empty();
  return (any || std::find(rule.actions.begin(), rule.actions.end(), action) != rule.actions.end()) &&
         AnyFits(rule.callers, caller);
}

PolicyDecision ActionPolicy::DecisionOf(const Rule& rule) const {
  return {rule.allow, absl::StrCat(file_, ":", rule.line), rule.allow ? "" : "this line denies it"};
}

PolicyDecision ActionPolicy::Otherwise() const {
  if (is_broken()) return {false, file_, absl::StrCat("the policy file is not valid: ", broken_)};
  if (default_line_ == 0) return {false, file_, "no line allows it"};
  return {default_allow_, absl::StrCat(file_, ":", default_line_),
          default_allow_ ? "" : "no line allows it, and the default is to deny"};
}

PolicyDecision ActionPolicy::Evaluate(const Caller& caller, absl::string_view action, const filter::NodeView& node,
                                      filter::DataFunctions* functions) const {
  if (is_broken()) return Otherwise();
  for (const Rule& rule : rules_) {
    if (SpeaksOf(rule, caller, action) && rule.Fits(rule.facts, node, functions) &&
        rule.Fits(rule.classes, node, functions)) {
      return DecisionOf(rule);
    }
  }
  return Otherwise();
}

std::vector<PolicyLine> ActionPolicy::LinesFor(const Caller& caller, absl::string_view action) const {
  std::vector<PolicyLine> lines;
  for (const Rule& rule : rules_) {
    if (!is_broken() && SpeaksOf(rule, caller, action)) lines.push_back({DecisionOf(rule), rule.facts, rule.classes});
  }
  lines.push_back({Otherwise(), {}, {}});
  return lines;
}

}  // namespace orch::auth
