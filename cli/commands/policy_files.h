// Reads the rules of this machine's files as hub and node would, without asking either. The owners of files are not
// checked, because files are also tried before they are installed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "auth/access/access_rules.h"
#include "auth/access/policy_folder.h"

namespace orch::cli {

inline constexpr char kAccessFile[] = "/etc/orch/access.yaml";
inline constexpr char kPoliciesFolder[] = "/etc/orch/policies";

struct PolicyFiles {
  struct File {
    std::string path;
    std::optional<size_t> rules;  // of an access.yaml without a fault
  };
  std::vector<File> files;
  std::vector<auth::AccessProblem> problems;
  std::optional<auth::AccessRules> access;          // of the last access.yaml without a fault
  std::shared_ptr<const auth::PolicySet> policies;  // of the last folder, or of the folder of the last policy file
  std::string plugin;                               // of the last single policy file; empty: none
  bool has_fault = false;
};

// Adds what `path` holds: a policy file (PLUGIN.policy or groups), a folder of them that may hold an access.yaml too,
// or an access.yaml of any other name. NotFound if there is nothing; faults within the files are problems.
absl::Status AddPolicyFiles(const std::string& path, PolicyFiles* files);

}  // namespace orch::cli
