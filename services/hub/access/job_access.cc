#include "services/hub/access/job_access.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "services/hub/access/rule_visibility.h"

namespace orch::hub {
namespace {

size_t MostTargets(const auth::Conditions& conditions, size_t visible) {
  if (conditions.max_targets > 0) return conditions.max_targets;
  if (conditions.max_targets_percent == 0) return SIZE_MAX;
  return std::max<size_t>(1, visible * conditions.max_targets_percent / 100);
}

std::string NameOf(const v1::JobSpec& spec) { return absl::StrCat(spec.plugin(), ".", spec.action()); }

// Adds the approvals that a rule demands. Those of two rules add up to one question only if the same people answer it.
absl::Status AddApprovals(const auth::AccessRule& rule, JobDecision* decision) {
  const auth::Conditions& wanted = rule.conditions;
  if (decision->approvals > 0 && decision->approver_names != wanted.approver_names) {
    return absl::PermissionDeniedError(
        absl::StrCat("the job needs the approval of different people for different nodes (", decision->approval_rule,
                     " and ", rule.place, "); run it as one job for each of these rules"));
  }
  decision->conditions.push_back(
      absl::StrCat(wanted.approvals, wanted.approvals == 1 ? " approval" : " approvals", " of ",
                   wanted.approver_names.empty() ? "administrators" : absl::StrJoin(wanted.approver_names, ", "), " (",
                   rule.place, ")"));
  decision->approval_within =
      decision->approvals == 0 ? wanted.approval_within : std::min(decision->approval_within, wanted.approval_within);
  decision->approvals = std::max(decision->approvals, wanted.approvals);
  decision->approver_names = wanted.approver_names;
  decision->approval_rule = rule.place;
  return absl::OkStatus();
}

// Adds the demands of a rule that allows `allowed` targets.
absl::Status AddDemands(const auth::AccessRule& rule, size_t allowed, JobDecision* decision) {
  const auth::Conditions& wanted = rule.conditions;
  decision->rules.push_back(rule.place);
  if (wanted.concurrency > 0 && (decision->concurrency == 0 || wanted.concurrency < decision->concurrency)) {
    decision->concurrency = wanted.concurrency;
    decision->conditions.push_back(absl::StrCat("at most ", wanted.concurrency, " at once (", rule.place, ")"));
  }
  if (wanted.approvals == 0 || allowed <= wanted.approvals_above) return absl::OkStatus();
  return AddApprovals(rule, decision);
}

// `slots`: how many there may be.
void AddDenied(const std::vector<RuleShare>& shares, const std::vector<PolicyDenial>& by_policy,
               const std::vector<Slot>& targets, size_t slots, const std::string& source, JobDecision* decision) {
  const bool all_allowed =
      std::all_of(shares.begin(), shares.end(), [](const RuleShare& share) { return share.allowed; });
  if (all_allowed && by_policy.empty()) return;
  std::vector<JobDecision::Denied> reasons;        // the target is filled in below
  std::vector<size_t> reason_of(slots, SIZE_MAX);  // index in `reasons`
  const auto deny = [&](const SlotSet& nodes, std::string place, std::string why) {
    nodes.ForEach([&](Slot slot) { reason_of[slot] = reasons.size(); });
    reasons.push_back({0, std::move(place), std::move(why)});
  };
  for (const RuleShare& share : shares) {
    if (share.allowed) continue;
    deny(share.nodes, share.rule == nullptr ? "" : share.rule->place, DenialText(share, source));
  }
  for (const PolicyDenial& denial : by_policy) {
    deny(denial.nodes, denial.place, absl::StrCat(denial.why, " (", denial.place, ")"));
  }
  for (uint32_t i = 0; i < targets.size(); ++i) {
    if (reason_of[targets[i]] == SIZE_MAX) continue;
    decision->denied.push_back(reasons[reason_of[targets[i]]]);
    decision->denied.back().target = i;
  }
}

}  // namespace

absl::StatusOr<JobAccess> JobAccess::Begin(const AccessControl* control, const auth::Caller& caller,
                                           const v1::JobSpec& spec, const Json& inputs) {
  JobAccess access;
  access.control_ = control;
  access.in_force_ = control->rules();
  auth::AccessRequest& request = access.request_;
  request.caller = caller;
  request.verb = auth::Verb::kInvoke;
  request.plugin = spec.plugin();
  request.action = spec.action();
  request.collective = spec.target().collective();
  request.inputs = &inputs;
  request.now = control->clock().Now();
  const auth::AccessRules& rules = access.in_force_->rules;
  access.speaking_ = rules.For(request);
  access.policy_ = control->policies()->LinesFor(caller, spec.plugin(), spec.action());
  const auth::AccessDecision general = auth::DecideForSomeNode(access.speaking_, request.now);
  if (!general.allowed) {
    const std::string why = DenialText(*access.in_force_, general);
    auth::AuditRecord record{"job.invoke", "denied", caller.id, why,
                             Json{{"plugin", spec.plugin()}, {"action", spec.action()}}};
    if (general.rule != nullptr) record.details["rule"] = general.rule->place;
    control->Record(record).IgnoreError();
    return absl::PermissionDeniedError(absl::StrCat(caller.id, " may not run ", NameOf(spec), ": ", why));
  }
  request.inputs = nullptr;  // the caller's; the rules were chosen by them
  if (AllowsEveryNode(access.speaking_, request.now)) return access;
  auth::AccessRequest read = request;
  read.verb = auth::Verb::kRead;
  std::vector<const auth::AccessRule*> readable = rules.For(read);
  if (AllowsEveryNode(readable, request.now)) return access;
  access.visible_ = std::make_shared<RuleVisibility>(
      std::shared_ptr<const auth::AccessRules>(access.in_force_, &rules),
      std::vector<std::vector<const auth::AccessRule*>>{access.speaking_, std::move(readable)}, request.now);
  return access;
}

absl::Status JobAccess::CheckDemands(const v1::JobSpec& spec, const auth::AccessRule& rule, size_t allowed,
                                     size_t visible) const {
  const auth::Conditions& wanted = rule.conditions;
  const auto denied = [&](absl::string_view why) {
    return absl::PermissionDeniedError(
        absl::StrCat(request_.caller.id, " may not run ", NameOf(spec), " like this: ", why, " (", rule.place, ")"));
  };
  if (wanted.needs_reason && spec.reason().empty()) return denied("the rule wants a reason; say it with --reason TEXT");
  if (wanted.needs_ticket && spec.ticket().empty()) {
    return denied("the rule wants a ticket; give its number with --ticket NUMBER");
  }
  const size_t most = MostTargets(wanted, visible);
  if (allowed <= most) return absl::OkStatus();
  return denied(absl::StrCat("the rule allows at most ", most, " nodes in one job, and ", allowed,
                             " are chosen; narrow the filter or use --limit ", most));
}

absl::StatusOr<JobDecision> JobAccess::Decide(const v1::JobSpec& spec, const FactSnapshot& facts,
                                              const std::vector<Slot>& targets, size_t visible, bool changes,
                                              StepBudget* budget) const {
  if (const auth::Freeze* freeze = changes ? in_force_->rules.FrozenAt(request_.caller, request_.now) : nullptr) {
    return absl::PermissionDeniedError(absl::StrCat(
        "changes are frozen until ", absl::FormatTime("%Y-%m-%d %H:%M UTC", freeze->to, absl::UTCTimeZone()),
        freeze->reason.empty() ? "" : absl::StrCat(": ", freeze->reason), " (", freeze->place, ")"));
  }
  JobDecision decision;
  SlotSet nodes(facts.names().slots());
  for (const Slot slot : targets) nodes.Insert(slot);
  ORCH_ASSIGN_OR_RETURN(const std::vector<RuleShare> shares,
                        DivideAmongRules(speaking_, request_.now, facts, std::move(nodes), budget));
  absl::flat_hash_map<const auth::AccessRule*, size_t> allowed;  // number of targets
  for (const RuleShare& share : shares) {
    if (share.allowed) allowed[share.rule] += share.nodes.size();
  }
  for (const auth::AccessRule* rule : speaking_) {
    const auto found = allowed.find(rule);
    if (found == allowed.end()) continue;
    ORCH_RETURN_IF_ERROR(CheckDemands(spec, *rule, found->second, visible));
    ORCH_RETURN_IF_ERROR(AddDemands(*rule, found->second, &decision));
  }
  SlotSet granted(facts.names().slots());
  for (const RuleShare& share : shares) {
    if (share.allowed) granted.Union(share.nodes);
  }
  ORCH_ASSIGN_OR_RETURN(const std::vector<PolicyDenial> denials,
                        DeniedByPolicy(policy_, facts, std::move(granted), budget));
  AddDenied(shares, denials, targets, facts.names().slots(), in_force_->source, &decision);
  return decision;
}

}  // namespace orch::hub
