// Reads one rule of access.yaml, of a role or of the list "rules:", into an AccessRule, and reports what is wrong. The
// reader of the file owns it for one reading. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/access/access_rules.h"
#include "auth/access/problem_list.h"
#include "auth/access/rule_fields.h"
#include "base/yaml_tree.h"

namespace orch::auth {

// A rule as it is written, before its role is filled in.
struct RuleDraft {
  AccessRule rule;  // its place is that of the rule; allow and verbs are unset if it names a role
  int line = 0;
  std::string role;          // empty: none
  bool has_actions = false;  // else "*"
  bool has_approval = false;
};

class RuleReader {
 public:
  using Groups = std::map<std::string, std::vector<CallerPattern>>;

  // All must outlive this object.
  RuleReader(const Groups* groups, ProblemList* problems) : groups_(*groups), problems_(problems) {}

  RuleDraft ReadListed(const YamlNode& node);  // with callers, and perhaps a role
  RuleDraft ReadOfRole(const YamlNode& node);
  // Callers with the members of their groups. `names` may be null; it gets the words as they are written.
  std::vector<CallerPattern> Callers(const RuleFields& fields, absl::string_view key, std::vector<std::string>* names);
  // Groups that Callers has resolved.
  const std::map<std::string, bool>& used_groups() const { return used_groups_; }

 private:
  RuleDraft Read(const YamlNode& node, const RuleFields& fields);
  void ReadVerbs(const RuleFields& fields, RuleDraft* draft);
  void ReadActions(const RuleFields& fields, RuleDraft* draft);
  void ReadInputs(const RuleFields& fields, RuleDraft* draft);
  void ReadNodes(const RuleFields& fields, AccessRule* rule);
  void ReadConditions(const RuleFields& fields, RuleDraft* draft);
  void ReadApproval(const YamlNode& node, RuleDraft* draft);
  void CheckSense(const RuleFields& fields, const RuleDraft& draft);

  const Groups& groups_;
  ProblemList* const problems_;
  std::map<std::string, bool> used_groups_;
  size_t resolved_callers_ = 0;
};

}  // namespace orch::auth
