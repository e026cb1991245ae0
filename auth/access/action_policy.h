// One ActionPolicy file, in MCollective's grammar (docs/ACCESS.md): who may call which action of one plugin on a node
// with which facts and classes. The first rule that fits decides. A value that never changes; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/access/access_problem.h"
#include "auth/access/caller_pattern.h"
#include "auth/access/policy_groups.h"
#include "filter/filter.h"

namespace orch::auth {

inline constexpr size_t kMaxPolicyRules = 10'000;  // of one file

struct PolicyDecision {
  bool allowed = false;
  std::string place;   // FILE:LINE that decided; FILE alone if no line did
  std::string reason;  // for people; empty if allowed
};

// A line of a policy that speaks of one caller and action; of the nodes that no earlier line fits, it decides about
// those that fit both filters. The last one has none: it is what the file says of all others.
struct PolicyLine {
  PolicyDecision decision;
  filter::Filter facts, classes;
};

class ActionPolicy {
 public:
  // A file with a fatal problem denies everything, because a line that silently disappears may be the one that denies.
  static ActionPolicy Parse(absl::string_view text, const std::string& file, const PolicyGroups& groups,
                            std::vector<AccessProblem>* problems);
  // Denies everything, because the file cannot be read.
  static ActionPolicy Unreadable(std::string file, std::string why);

  // `functions` runs data functions of compound rules; null where none can run. What a data function would decide, and
  // does not, because it failed or cannot run, counts against the caller.
  PolicyDecision Evaluate(const Caller& caller, absl::string_view action, const filter::NodeView& node,
                          filter::DataFunctions* functions) const;
  // The lines that speak of this caller and action, in order, for those who decide about many nodes at once.
  std::vector<PolicyLine> LinesFor(const Caller& caller, absl::string_view action) const;
  bool has_data_functions() const { return has_data_functions_; }
  bool is_broken() const { return !broken_.empty(); }

 private:
  friend class PolicyReader;
  struct Rule {
    int line = 0;
    bool allow = false;
    std::vector<CallerPattern> callers;
    std::vector<std::string> actions;  // empty: every action
    filter::Filter facts, classes;     // empty: every node
    bool Fits(const filter::Filter& filter, const filter::NodeView& node, filter::DataFunctions* functions) const;
  };

  PolicyDecision DecisionOf(const Rule& rule) const;
  PolicyDecision Otherwise() const;  // where no line fits
  bool SpeaksOf(const Rule& rule, const Caller& caller, absl::string_view action) const;

  std::string file_;
  std::string broken_;  // why the file denies everything; empty: it does not
  std::vector<Rule> rules_;
  bool default_allow_ = false;
  int default_line_ = 0;  // 0: the file has no default
  bool has_data_functions_ = false;
};

}  // namespace orch::auth
