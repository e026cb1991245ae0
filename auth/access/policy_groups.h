// The file "groups" beside policy files: named lists of callers. A value; thread-safe once it is parsed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/access/access_problem.h"
#include "auth/access/caller_pattern.h"

namespace orch::auth {

inline constexpr size_t kMaxPolicyFileBytes = 1u << 20;  // of a policy file and of the groups

class PolicyGroups {
 public:
  PolicyGroups() = default;  // none
  // Lines "NAME CALLER CALLER …" and comments. With a fault, no group is known, so that every file that names one
  // denies.
  static PolicyGroups Parse(absl::string_view text, const std::string& file, std::vector<AccessProblem>* problems);
  // No group is known, because the file cannot be read.
  static PolicyGroups Unreadable(std::string file);

  const std::vector<CallerPattern>* Find(absl::string_view name) const;  // nullptr: unknown
  // Why a group is unknown, for people.
  std::string WhyUnknown(absl::string_view name) const;

 private:
  std::map<std::string, std::vector<CallerPattern>, std::less<>> groups_;
  std::string broken_file_;  // empty: none
};

// Whether the text is the name of a group: letters, digits, '_', '.' and '-'.
bool IsPolicyGroupName(absl::string_view text);

}  // namespace orch::auth
