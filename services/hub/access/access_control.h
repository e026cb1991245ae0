// Decides which caller may make which call and see which nodes, by the rules in force, and writes the decisions to the
// audit log. Owned by the hub. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth/access/access_rules.h"
#include "auth/access/caller.h"
#include "auth/access/decide.h"
#include "auth/access/policy_folder.h"
#include "auth/audit/audit_sink.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "orch/v1/access_service.pb.h"
#include "orch/v1/job.pb.h"
#include "services/hub/nodes/visibility.h"

namespace orch::hub {

// The rules at one moment. Never changes.
struct RulesInForce {
  auth::AccessRules rules;
  std::string source;  // for people: the file, or that there is none
  std::string fault;   // why the file denies everything; empty when it can be read
  std::vector<auth::AccessProblem> problems;
};

class AccessControl {
 public:
  struct Options {
    std::string file;                         // access.yaml; it need not exist
    std::vector<std::string> administrators;  // clients that may do everything while there is no file
    std::string own_user;                     // the user as whom the hub runs
    std::string policy_folder;                // ActionPolicy files of the hub; empty: none
  };
  static constexpr size_t kMaxFileBytes = 1u << 20;

  // Reads the rules. `audit` may be null.
  AccessControl(Options options, auth::AuditSink* audit, const Clock* clock);

  // Whether access.yaml has changed since it was read. One system call.
  bool FileChanged() const;
  // Reads the policy files if one has changed; a system call for each file. May take long; not on the hub's loop.
  bool ReloadPoliciesIfChanged();
  // Reads the file; its rules are in force afterwards, also those of a file with a fault, which deny everything. May
  // take long; not on the hub's loop.
  void Reload();
  std::shared_ptr<const RulesInForce> rules() const;
  std::shared_ptr<const auth::PolicySet> policies() const { return policies_.current(); }

  // PermissionDenied with the deciding rule when the caller may not make a call that needs `verb`. Nodes are not
  // regarded: a READ or INVOKE that a rule allows for some node passes, CONTROL and ADMINISTER need a rule for all.
  // VERB_UNSPECIFIED passes: the call decides itself. Written to the audit log if `audited` or denied.
  absl::Status Check(const auth::Caller& caller, v1::Verb verb, absl::string_view method, bool audited = true) const;
  // As Check, without a trace.
  bool May(const auth::Caller& caller, v1::Verb verb) const;

  // The nodes that the caller may read. Null: every node.
  std::shared_ptr<const Visibility> VisibleTo(const auth::Caller& caller) const;
  bool SeesEveryNode(const auth::Caller& caller) const { return VisibleTo(caller) == nullptr; }
  // Whether the caller may read about a job of `owner`: its own, or any when it may read every node.
  bool MaySeeJobOf(const auth::Caller& caller, absl::string_view owner) const;

  // Whether a running job may go on: some rule still allows its caller the action for some node.
  bool MayGoOn(const auth::Caller& caller, const v1::JobSpec& spec) const;

  // Writes a record. An error only when nothing may be done that is not written (audit.required).
  absl::Status Record(const auth::AuditRecord& record) const;
  auth::AuditSink* audit() const { return audit_; }
  const Clock& clock() const { return *clock_; }

 private:
  std::shared_ptr<const RulesInForce> Read() const;
  const Options options_;
  auth::PolicyFolder policies_;
  auth::AuditSink* const audit_;
  const Clock* const clock_;
  mutable Mutex mu_;
  std::shared_ptr<const RulesInForce> in_force_ ABSL_GUARDED_BY(mu_);
  std::string stamp_ ABSL_GUARDED_BY(mu_);
};

// Why the rules in force deny a request, for people.
std::string DenialText(const RulesInForce& in_force, const auth::AccessDecision& decision);

}  // namespace orch::hub
