// The folder of ActionPolicy files: PLUGIN.policy for each plugin, "groups", and default.policy. It is read again when
// a file changes, without a restart. Main owns it. Thread-safe. Never fails: what cannot be read denies, and is a
// problem.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/access/action_policy.h"
#include "base/mutex.h"

namespace orch::auth {

inline constexpr size_t kMaxPolicyFiles = 1'000;
inline constexpr size_t kMaxPolicyFolderBytes = 16u << 20;  // of all files together

// The policy files of one moment. Never changes.
class PolicySet {
 public:
  PolicyDecision Evaluate(const Caller& caller, absl::string_view plugin, absl::string_view action,
                          const filter::NodeView& node, filter::DataFunctions* functions) const;
  // As ActionPolicy::LinesFor, of the file that decides about this plugin.
  std::vector<PolicyLine> LinesFor(const Caller& caller, absl::string_view plugin, absl::string_view action) const;
  // Whether a file that decides about this plugin has data functions, which may block.
  bool HasDataFunctions(absl::string_view plugin) const;
  const std::vector<AccessProblem>& problems() const { return problems_; }
  const std::vector<std::string>& files() const { return files_; }

 private:
  friend class PolicyFolderReader;
  const ActionPolicy* FileOf(absl::string_view plugin) const;  // nullptr: none
  PolicyDecision WithoutFile(absl::string_view plugin) const;

  std::string folder_;
  bool allow_unconfigured_ = true;
  std::string unreadable_;                                     // why the whole folder denies; empty: it does not
  std::map<std::string, ActionPolicy, std::less<>> policies_;  // by plugin
  std::unique_ptr<ActionPolicy> default_;                      // null: none
  std::vector<AccessProblem> problems_;
  std::vector<std::string> files_;
};

class PolicyFolder {
 public:
  struct Options {
    std::string folder;              // empty: no policies, everything is allowed
    bool allow_unconfigured = true;  // a plugin without a file
    bool use_default = false;        // default.policy speaks of plugins without a file
    bool check_owners = true;        // a file that others may write denies; not for lint
  };
  explicit PolicyFolder(Options options);

  std::shared_ptr<const PolicySet> current() const;
  // Looks at the files, and reads them again if one has changed. Costs a system call for each file. Returns whether
  // other rules are in force now.
  bool ReloadIfChanged();
  // Takes other options, and reads the folder again.
  void SetOptions(Options options);

 private:
  mutable Mutex mu_;
  Options options_ ABSL_GUARDED_BY(mu_);
  std::string stamp_ ABSL_GUARDED_BY(mu_);  // of all files
  std::shared_ptr<const PolicySet> current_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::auth
