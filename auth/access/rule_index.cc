#include "auth/access/rule_index.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace orch::auth {

void RuleIndex::Add(uint32_t rule, const std::vector<CallerPattern>& callers) {
  for (const CallerPattern& caller : callers) {
    if (caller.is_everybody()) {
      of_everybody_.push_back(rule);
    } else if (caller.is_regex()) {
      const auto [at, is_new] = regex_at_.try_emplace(caller.text(), by_regex_.size());
      if (is_new) by_regex_.emplace_back(caller, Numbers());
      by_regex_[at->second].second.push_back(rule);
    } else if (caller.is_group()) {
      by_group_[caller.text()].push_back(rule);
    } else {
      by_caller_[caller.text()].push_back(rule);
    }
  }
}

std::vector<uint32_t> RuleIndex::Find(const Caller& caller) const {
  std::vector<const Numbers*> lists = {&of_everybody_};
  if (const auto found = by_caller_.find(caller.id); found != by_caller_.end()) lists.push_back(&found->second);
  const auto add_groups = [this, &lists](absl::string_view kind, const std::vector<std::string>& groups) {
    for (const std::string& group : groups) {
      const auto found = by_group_.find(absl::StrCat(kind, "=", group));
      if (found != by_group_.end()) lists.push_back(&found->second);
    }
  };
  if (!by_group_.empty()) {
    add_groups(kUnixGroup, caller.unix_groups);
    add_groups(kOidcGroup, caller.oidc_groups);
  }
  for (const auto& [pattern, numbers] : by_regex_) {
    if (pattern.Fits(caller)) lists.push_back(&numbers);
  }
  Numbers all;
  for (const Numbers* list : lists) all.insert(all.end(), list->begin(), list->end());
  if (!std::is_sorted(all.begin(), all.end())) std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace orch::auth
