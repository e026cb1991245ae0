// What the rules say of one job: which nodes its caller may see and touch, and what the rules that allow it demand.
// Made for one invocation by JobAccess::Begin; keeps the rules that were in force then. Off the hub's loop; one thread
// at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/json.h"
#include "orch/v1/job.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/policy_division.h"
#include "services/hub/access/rule_division.h"

namespace orch::hub {

// What becomes of a job's targets, and what the job has to wait for.
struct JobDecision {
  struct Denied {
    uint32_t target = 0;  // index
    std::string rule;     // FILE:LINE; empty: no rule allows it
    std::string why;      // for people, with the rule
  };
  std::vector<Denied> denied;
  uint32_t concurrency = 0;                 // most tasks in progress; 0: no limit
  uint32_t approvals = 0;                   // grants of others that are needed
  std::vector<std::string> approver_names;  // callers and groups of the file; empty: whoever may ADMINISTER
  std::string approval_rule;                // FILE:LINE of a rule that demands them
  absl::Duration approval_within;
  std::vector<std::string> rules;       // FILE:LINE of the rules that allow something
  std::vector<std::string> conditions;  // for people
};

class JobAccess {
 public:
  // PermissionDenied when the caller may run the action with these inputs nowhere; that is written to the audit log.
  static absl::StatusOr<JobAccess> Begin(const AccessControl* control, const auth::Caller& caller,
                                         const v1::JobSpec& spec, const Json& inputs);

  // The nodes that the caller may see: those it may read, and those on which it may run this. Null: every node.
  const std::shared_ptr<const Visibility>& visible() const { return visible_; }
  // Adds the columns that Decide reads.
  void AddColumns(ColumnNames* names) const {
    AddRuleColumns(speaking_, names);
    AddPolicyColumns(policy_, names);
  }

  // `targets`: the chosen nodes, of which the caller sees all. `visible`: how many nodes the caller sees. `changes`:
  // whether the action changes something. PermissionDenied when a rule demands what the job does not have (a reason, a
  // ticket, fewer targets) or changes are frozen.
  absl::StatusOr<JobDecision> Decide(const v1::JobSpec& spec, const FactSnapshot& facts,
                                     const std::vector<Slot>& targets, size_t visible, bool changes,
                                     StepBudget* budget) const;

  const auth::Caller& caller() const { return request_.caller; }

 private:
  absl::Status CheckDemands(const v1::JobSpec& spec, const auth::AccessRule& rule, size_t allowed,
                            size_t visible) const;

  const AccessControl* control_ = nullptr;
  std::shared_ptr<const RulesInForce> in_force_;
  auth::AccessRequest request_;
  std::vector<const auth::AccessRule*> speaking_;
  std::vector<auth::PolicyLine> policy_;  // of the hub's policy files
  std::shared_ptr<const Visibility> visible_;
};

}  // namespace orch::hub
