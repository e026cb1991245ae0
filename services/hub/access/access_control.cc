#include "services/hub/access/access_control.h"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/file_stamp.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/trusted_file.h"
#include "services/hub/access/rule_division.h"
#include "services/hub/access/rule_visibility.h"

namespace orch::hub {
namespace {

auth::Verb VerbNamed(v1::Verb verb) {
  switch (verb) {
    case v1::INVOKE:
      return auth::Verb::kInvoke;
    case v1::CONTROL:
      return auth::Verb::kControl;
    case v1::ADMINISTER:
      return auth::Verb::kAdminister;
    default:
      return auth::Verb::kRead;
  }
}

absl::StatusOr<auth::AccessRules> ReadRules(const std::string& file, std::vector<auth::AccessProblem>* problems) {
  ORCH_RETURN_IF_ERROR(CheckOnlyWeWrite(file, "access file", FolderWriters::kNobody));
  struct stat found;
  if (stat(file.c_str(), &found) == 0 && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("access file ", file, " may be written by others; run: chmod go-w ", file));
  }
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, AccessControl::kMaxFileBytes));
  return auth::AccessRules::Parse(text, file, problems);
}

absl::Status Denied(const RulesInForce& in_force, const auth::Caller& caller, auth::Verb verb,
                    const auth::AccessDecision& decision) {
  return absl::PermissionDeniedError(
      absl::StrCat(caller.id, " may not ", auth::VerbName(verb), ": ", DenialText(in_force, decision)));
}

}  // namespace

std::string DenialText(const RulesInForce& in_force, const auth::AccessDecision& decision) {
  if (!in_force.fault.empty()) {
    return absl::StrCat("the access file denies everything until it is mended: ", in_force.fault,
                        "; on the hub, 'orchctl policy lint' shows its faults");
  }
  if (decision.rule != nullptr) return decision.reason;
  return absl::StrCat(decision.reason, " (", in_force.source, ")");
}

AccessControl::AccessControl(Options options, auth::AuditSink* audit, const Clock* clock)
    : options_(std::move(options)), policies_({.folder = options_.policy_folder}), audit_(audit), clock_(clock) {
  Reload();
}

bool AccessControl::FileChanged() const {
  const std::string stamp = FileStamp(options_.file);
  MutexLock lock(&mu_);
  return stamp != stamp_;
}

bool AccessControl::ReloadPoliciesIfChanged() {
  if (!policies_.ReloadIfChanged()) return false;
  const std::shared_ptr<const auth::PolicySet> policies = policies_.current();
  for (const auth::AccessProblem& problem : policies->problems()) {
    LogWarning("policy file", {{"place", problem.place}, {"problem", problem.text}});
  }
  Record({"access.policies", "changed", "", "", Json{{"folder", options_.policy_folder}, {"files", policies->files()}}})
      .IgnoreError();
  return true;
}

std::shared_ptr<const RulesInForce> AccessControl::Read() const {
  auto read = std::make_shared<RulesInForce>();
  if (options_.file.empty() || access(options_.file.c_str(), F_OK) != 0) {
    read->rules = auth::AccessRules::WithoutFile(options_.administrators, options_.own_user);
    read->source = absl::StrCat("there is no ", options_.file, ": administrators and root only");
    return read;
  }
  read->source = options_.file;
  absl::StatusOr<auth::AccessRules> rules = ReadRules(options_.file, &read->problems);
  if (rules.ok()) {
    read->rules = *std::move(rules);
  } else {
    read->fault = std::string(rules.status().message());
    if (read->problems.empty()) read->problems.push_back({options_.file, read->fault, /*fatal=*/true});
  }
  return read;
}

void AccessControl::Reload() {
  // Taken before reading, so that the next call sees a write in between.
  std::string stamp = FileStamp(options_.file);
  std::shared_ptr<const RulesInForce> read = Read();
  if (!read->fault.empty()) {
    LogError("the access file cannot be read; everything is denied until it is mended", {{"why", read->fault}});
  } else {
    LogInfo("access rules in force", {{"source", read->source}, {"rules", absl::StrCat(read->rules.rules().size())}});
  }
  Record({"access.rules", "changed", "", read->fault.empty() ? "" : "the file denies everything: " + read->fault,
          Json{{"source", read->source}, {"rules", read->rules.rules().size()}}})
      .IgnoreError();
  MutexLock lock(&mu_);
  in_force_.swap(read);
  stamp_ = std::move(stamp);
}

std::shared_ptr<const RulesInForce> AccessControl::rules() const {
  MutexLock lock(&mu_);
  return in_force_;
}

absl::Status AccessControl::Check(const auth::Caller& caller, v1::Verb verb, absl::string_view method,
                                  bool audited) const {
  if (verb == v1::VERB_UNSPECIFIED) return absl::OkStatus();
  const std::shared_ptr<const RulesInForce> in_force = rules();
  auth::AccessRequest request;
  request.caller = caller;
  request.verb = VerbNamed(verb);
  request.now = clock_->Now();
  const bool for_some = verb == v1::READ || verb == v1::INVOKE;
  const std::vector<const auth::AccessRule*> speaking = in_force->rules.For(request);
  const auth::AccessDecision decision =
      for_some ? auth::DecideForSomeNode(speaking, request.now) : auth::DecideForEveryNode(speaking, request.now);
  absl::Status status;
  if (!decision.allowed) status = Denied(*in_force, caller, request.verb, decision);
  if (!audited && status.ok()) return status;
  auth::AuditRecord record{"call", status.ok() ? "allowed" : "denied", caller.id, std::string(status.message()),
                           Json{{"method", method}, {"verb", auth::VerbName(request.verb)}}};
  if (decision.rule != nullptr) record.details["rule"] = decision.rule->place;
  const absl::Status written = Record(record);
  return status.ok() ? written : status;
}

bool AccessControl::May(const auth::Caller& caller, v1::Verb verb) const {
  const std::shared_ptr<const RulesInForce> in_force = rules();
  auth::AccessRequest request;
  request.caller = caller;
  request.verb = VerbNamed(verb);
  request.now = clock_->Now();
  return auth::DecideForEveryNode(in_force->rules.For(request), request.now).allowed;
}

std::shared_ptr<const Visibility> AccessControl::VisibleTo(const auth::Caller& caller) const {
  const std::shared_ptr<const RulesInForce> in_force = rules();
  auth::AccessRequest request;
  request.caller = caller;
  request.verb = auth::Verb::kRead;
  request.now = clock_->Now();
  std::vector<const auth::AccessRule*> speaking = in_force->rules.For(request);
  if (AllowsEveryNode(speaking, request.now)) return nullptr;
  return std::make_shared<RuleVisibility>(std::shared_ptr<const auth::AccessRules>(in_force, &in_force->rules),
                                          std::vector<std::vector<const auth::AccessRule*>>{std::move(speaking)},
                                          request.now);
}

bool AccessControl::MaySeeJobOf(const auth::Caller& caller, absl::string_view owner) const {
  return caller.id == owner || SeesEveryNode(caller);
}

bool AccessControl::MayGoOn(const auth::Caller& caller, const v1::JobSpec& spec) const {
  // Which unix groups a local user is in is not known any more; root may change that by ending the job.
  if (absl::StartsWith(caller.id, "user=")) return true;
  const std::shared_ptr<const RulesInForce> in_force = rules();
  auth::AccessRequest request;
  request.caller = caller;
  request.verb = auth::Verb::kInvoke;
  request.plugin = spec.plugin();
  request.action = spec.action();
  request.collective = spec.target().collective();
  request.now = clock_->Now();
  for (const auth::AccessRule* rule : in_force->rules.For(request)) {
    if (rule->allow) return true;  // also outside of its hours: a job may end what it has begun
    if (rule->nodes.empty() && rule->hours.always()) return false;
  }
  return false;
}

absl::Status AccessControl::Record(const auth::AuditRecord& record) const {
  if (audit_ == nullptr) return absl::OkStatus();
  const absl::Status written = audit_->Write(record);
  if (written.ok() || !audit_->required()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("refused: the audit log cannot be written (", written.message(),
                                             "), and audit.required forbids to act without it"));
}

}  // namespace orch::hub
