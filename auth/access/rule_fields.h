// Takes the members of one mapping of access.yaml, and reports what is wrong with them. Readers of the file make one
// for each mapping. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/access/problem_list.h"
#include "base/yaml_tree.h"

namespace orch::auth {

class RuleFields {
 public:
  // Reports keys that are not `known`, are given twice or have no value; Find does not return these. `what` names the
  // mapping ("a rule").
  RuleFields(const YamlNode& map, absl::string_view what, const std::vector<std::string>& known, ProblemList* problems);

  const YamlNode* Find(absl::string_view key) const;
  bool Has(absl::string_view key) const { return Find(key) != nullptr; }
  int LineOf(absl::string_view key) const;  // the mapping's line if the key is absent

  // One text or a list of them, none of them empty. An empty list is a problem unless `may_be_empty`. Empty if absent.
  std::vector<std::string> Texts(absl::string_view key, bool may_be_empty = false) const;
  std::optional<std::string> Text(absl::string_view key) const;
  // A whole number from `min` to `max`; nullopt if absent or wrong.
  std::optional<uint32_t> Number(absl::string_view key, uint32_t min, uint32_t max) const;

  void Fail(absl::string_view key, absl::string_view problem) const;

 private:
  const YamlNode& map_;
  ProblemList* const problems_;
  std::vector<std::string> usable_;  // keys that Find returns
};

// The texts of a scalar or a list of scalars; reports everything else. `what` names it.
std::vector<std::string> TextsOf(const YamlNode& node, absl::string_view what, ProblemList* problems);

}  // namespace orch::auth
