// Finds rules that can never decide, because earlier rules decide all that they speak of: the callers are the same or
// everybody, and the nodes are the same or all. The reader of the file owns it for one reading, and gives it the rules
// in order. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "auth/access/access_rules.h"

namespace orch::auth {

class RuleCover {
 public:
  // The place of a rule that decides before this one; empty if the rule can decide something.
  std::string CoveredBy(const AccessRule& rule) const;
  void Add(const AccessRule& rule);

 private:
  using Key = std::string;  // callers, nodes and what is asked for

  const std::string* Find(const AccessRule& rule, absl::string_view asked) const;

  absl::flat_hash_map<Key, std::string> places_;  // → place of the first rule
};

}  // namespace orch::auth
