// Reads access.yaml (docs/ACCESS.md) into AccessRules, and reports everything that is wrong with the file, not only the
// first fault. Made by AccessRules::Parse for one reading. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/access/access_rules.h"
#include "auth/access/problem_list.h"
#include "auth/access/rule_cover.h"
#include "auth/access/rule_fields.h"
#include "auth/access/rule_reader.h"
#include "base/yaml_tree.h"

namespace orch::auth {

class AccessFileReader {
 public:
  explicit AccessFileReader(std::string file)
      : file_(std::move(file)), problems_(file_), rule_reader_(&rules_.groups_, &problems_) {}

  // As AccessRules::Parse. Called once.
  absl::StatusOr<AccessRules> Read(absl::string_view text, std::vector<AccessProblem>* problems);

 private:
  struct Role {
    int line = 0;
    bool used = false;
    std::vector<RuleDraft> rules;
  };

  void ReadDocument(const YamlNode& root);
  // Calls take(name, line, value) for each member of the section; reports wrong and repeated names, and too many.
  template <typename Take>
  void ReadNamed(const RuleFields& fields, absl::string_view section, Take take);
  void ReadGroup(const std::string& name, int line, const YamlNode& members);
  void ReadRole(const std::string& name, int line, const YamlNode& rules);
  void ReadRules(const RuleFields& fields);
  void ReadRule(const YamlNode& node);
  // The role of that name, marked as used; nullptr, with a problem, if there is none.
  const std::vector<RuleDraft>* FindRole(const RuleDraft& draft);
  void Add(const RuleDraft& draft, std::vector<AccessRule> expanded);
  void ReadFreezes(const RuleFields& fields);
  void ReadFreeze(const YamlNode& node);
  void ReadCollective(const std::string& name, int line, const YamlNode& filter);
  void WarnOfUnused();

  const std::string file_;
  ProblemList problems_;
  AccessRules rules_;
  RuleReader rule_reader_;
  std::map<std::string, int> group_lines_;
  std::map<std::string, Role> roles_;
  RuleCover cover_;
};

}  // namespace orch::auth
