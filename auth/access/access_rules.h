// The rules of access.yaml (docs/ACCESS.md): who may do what to which nodes. A value that never changes; made by
// AccessRules::Parse, shared by all threads. Asks nobody and writes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/access/access_problem.h"
#include "auth/access/caller.h"
#include "auth/access/caller_pattern.h"
#include "auth/access/hours.h"
#include "auth/access/rule_index.h"
#include "auth/access/text_pattern.h"
#include "base/json.h"
#include "filter/filter.h"

namespace orch::auth {

// Bounds of a file of rules.
inline constexpr size_t kMaxAccessFileBytes = 1u << 20;
inline constexpr size_t kMaxAccessRules = 10'000;    // written below "rules:"
inline constexpr size_t kMaxExpandedRules = 50'000;  // with those that roles give
inline constexpr size_t kMaxRoles = 1'000;           // and groups, freezes, collectives
inline constexpr size_t kMaxRulesOfRole = 100;
inline constexpr size_t kMaxResolvedCallers = 200'000;  // of all rules, with the members of groups

enum class Verb : uint8_t { kRead, kInvoke, kControl, kAdminister };
constexpr uint8_t VerbBit(Verb verb) { return static_cast<uint8_t>(1 << static_cast<int>(verb)); }
absl::string_view VerbName(Verb verb);  // "read", "invoke", "control", "administer"
absl::StatusOr<Verb> ParseVerb(absl::string_view text);

// What one rule demands of a job that it allows.
struct Conditions {
  uint32_t max_targets = 0;          // targets that this rule may allow in one job; 0: no limit
  uint32_t max_targets_percent = 0;  // the same in per cent of the nodes that the caller may see; 0: unset
  uint32_t concurrency = 0;          // most tasks in progress; 0: no limit
  bool needs_reason = false;
  bool needs_ticket = false;
  uint32_t approvals = 0;                   // grants of others; 0: none
  uint32_t approvals_above = 0;             // only if the rule allows more targets than this
  std::vector<CallerPattern> approvers;     // who may grant, groups resolved; empty: whoever may ADMINISTER
  std::vector<std::string> approver_names;  // as they are written, for people
  absl::Duration approval_within = absl::Hours(24);
};

struct AccessRule {
  std::string place;       // FILE:LINE below "rules:"
  std::string role;        // the role that gave it; empty: the rule stands alone
  std::string role_place;  // FILE:LINE of the rule in that role; empty: a role that is built in
  bool allow = false;
  uint8_t verbs = 0;  // 1 << Verb
  std::vector<CallerPattern> callers;
  std::vector<std::string> actions;      // "service.restart", "package.*", "*"; only read for kInvoke
  std::vector<std::string> collectives;  // of the request; empty: any
  std::map<std::string, std::vector<std::string>>
      inputs;  // input → allowed texts, or /REGEX/ for the whole text; absent inputs do not fit
  std::map<std::string, std::vector<TextPattern>> input_patterns;  // the same, compiled
  filter::Filter nodes;  // trusted.NAME and identities only; empty: every node
  filter::Filter facts;  // of a rule that allows: where `nodes` fit and these do not, the rule denies
  Hours hours;           // a rule that allows denies outside of them; one that denies holds only within them
  Conditions conditions;

  bool Has(Verb verb) const { return (verbs & VerbBit(verb)) != 0; }
};

// A time in which changes are refused.
struct Freeze {
  std::string place;
  absl::Time from, to;
  std::vector<CallerPattern> except;
  std::string reason;
};

struct AccessRequest {
  Caller caller;
  Verb verb = Verb::kRead;
  std::string plugin, action;  // for kInvoke
  std::string collective;      // of the request; empty: none
  // With the defaults of the DDL. null: not regarded (lists, completion); a rule with inputs fits if it allows, and
  // does not fit if it denies.
  const Json* inputs = nullptr;
  absl::Time now;
};

class AccessRules {
 public:
  // Denies everything.
  AccessRules() = default;
  // InvalidArgument with FILE:LINE and the remedy for the first fault; `problems` gets all of them, and warnings.
  static absl::StatusOr<AccessRules> Parse(absl::string_view text, const std::string& file,
                                           std::vector<AccessProblem>* problems);
  // The rules without a file: the administrators, root and the hub's own user may do everything, nobody else anything.
  static AccessRules WithoutFile(const std::vector<std::string>& administrators, absl::string_view own_user);

  // The rules that speak of this request, in order, without regard to nodes, facts and hours. The first whose `nodes`
  // fit decides about a node. Pointers live as long as this.
  std::vector<const AccessRule*> For(const AccessRequest& request) const;
  // The freeze that refuses a change at this time; null: none.
  const Freeze* FrozenAt(const Caller& caller, absl::Time now) const;
  // Groups of the file that the caller belongs to, and roles that rules give to it.
  std::vector<std::string> GroupsOf(const Caller& caller) const;
  std::vector<std::string> RolesOf(const Caller& caller) const;
  // Collectives that the hub grants: name → filter over trusted.NAME and identities.
  const std::map<std::string, filter::Filter>& collectives() const { return collectives_; }
  const std::vector<AccessRule>& rules() const { return rules_; }

 private:
  friend class AccessFileReader;
  std::vector<AccessRule> rules_;
  std::vector<Freeze> freezes_;
  std::map<std::string, std::vector<CallerPattern>> groups_;
  std::map<std::string, filter::Filter> collectives_;
  RuleIndex index_;  // of rules_
};

// Whether a rule with these actions speaks of the action "plugin.action".
bool AnyActionFits(const std::vector<std::string>& actions, absl::string_view plugin, absl::string_view action);

}  // namespace orch::auth
