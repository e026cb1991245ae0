// Fills a rule "{callers: …, role: …}" with the rules of its role. What is written beside the role narrows each of
// them. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "auth/access/rule_reader.h"

namespace orch::auth {

// The roles that every file has: viewer, operator, admin. Empty for another name.
std::vector<RuleDraft> BuiltInRole(absl::string_view name);

// The rules for the callers of `outer`, in the role's order, without those that can fit nothing. InvalidArgument if the
// two cannot be combined.
absl::StatusOr<std::vector<AccessRule>> ExpandRole(const RuleDraft& outer, const std::vector<RuleDraft>& role);

}  // namespace orch::auth
