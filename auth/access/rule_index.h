// Finds the rules that name a caller, without looking at the rules that do not. AccessRules owns it. A value;
// thread-safe once it is filled.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "auth/access/caller_pattern.h"

namespace orch::auth {

class RuleIndex {
 public:
  // Adds the rule with this number, which must grow from call to call.
  void Add(uint32_t rule, const std::vector<CallerPattern>& callers);
  // The numbers of the rules that name the caller, in order, each once.
  std::vector<uint32_t> Find(const Caller& caller) const;

 private:
  using Numbers = std::vector<uint32_t>;

  absl::flat_hash_map<std::string, Numbers> by_caller_;  // "client=alice"
  absl::flat_hash_map<std::string, Numbers> by_group_;   // "unix-group=orch-admin", "oidc-group=ops"
  Numbers of_everybody_;
  std::vector<std::pair<CallerPattern, Numbers>> by_regex_;  // each expression once
  absl::flat_hash_map<std::string, size_t> regex_at_;        // its text → place in by_regex_
};

}  // namespace orch::auth
