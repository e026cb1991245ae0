#include "services/hub/jobs/invocations.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "services/hub/jobs/check_spec.h"
#include "services/hub/jobs/invocation_record.h"

namespace orch::hub {
namespace {

constexpr int kMaxDenialsShown = 1000;

void AnswerDryRun(const Invocation& invocation, JobWatch::Sink* client) {
  const JobRequest& request = invocation.request();
  v1::InvokeResponse response;
  v1::JobAccepted* const accepted = response.mutable_accepted();
  accepted->set_targets(static_cast<uint32_t>(request.targets.size()));
  for (const std::string& identity : request.unknown) accepted->add_unknown_identities(identity);
  for (const std::string& identity : request.disconnected) accepted->add_offline_identities(identity);
  if (request.away.count() > 0) *accepted->mutable_away() = request.away;
  for (const v1::Suggestion& suggestion : request.suggestions) *accepted->add_suggestions() = suggestion;
  accepted->set_discovery_us(absl::ToInt64Microseconds(request.discovery));
  accepted->set_timeout_ms(absl::ToInt64Milliseconds(request.deadline));
  accepted->set_approvals_needed(request.approvals_needed);
  for (const std::string& condition : request.conditions) accepted->add_conditions(condition);
  accepted->set_denied(static_cast<uint32_t>(request.denied.size()));
  for (const DeniedTarget& denied : request.denied) {
    if (accepted->denials_size() == kMaxDenialsShown) break;
    v1::Denial* const denial = accepted->add_denials();
    denial->set_identity(request.targets[denied.target]);
    denial->set_rule(denied.rule);
    denial->set_reason(denied.why);
  }
  client->TryPush(std::move(response));
  client->End(absl::OkStatus());
}

// What others are asked to approve.
v1::Approval MakeApproval(const JobRequest& request, const JobDecision& decision, absl::Time now) {
  v1::Approval approval;
  approval.set_job_id(request.job_id);
  approval.set_state(v1::Approval::WAITING);
  approval.set_needed(decision.approvals);
  approval.set_caller(request.caller);
  approval.set_plugin(request.spec.plugin());
  approval.set_action(request.spec.action());
  approval.set_inputs_json(request.redacted_inputs);
  approval.set_targets(static_cast<uint32_t>(request.targets.size() - request.denied.size()));
  for (const std::string& target : request.targets) {
    if (approval.identities_size() == Approvals::kMaxNamed) break;
    approval.add_identities(target);
  }
  approval.set_created_us(absl::ToUnixMicros(now));
  approval.set_expires_us(absl::ToUnixMicros(now + decision.approval_within));
  for (const std::string& rule : decision.rules) approval.add_rules(rule);
  approval.set_reason(request.spec.reason());
  approval.set_ticket(request.spec.ticket());
  for (const std::string& name : decision.approver_names) approval.add_from(name);
  approval.set_digest(ApprovalDigest(approval, request.spec.inputs_json(), request.targets));
  return approval;
}

}  // namespace

void Invocations::Run(const v1::InvokeRequest& request, const auth::Caller& caller, Client client) {
  if (const absl::Status status = CheckSpec(request.spec()); !status.ok()) return client->End(status);
  auto invocation = std::make_shared<Invocation>(request.spec(), caller, deps_.access, deps_.clock->Steady());
  if (request.spec().idempotency_key().empty() || request.spec().dry_run())
    return Plan(std::move(invocation), std::move(client), true);
  deps_.loop->Post([this, invocation, client = std::move(client), cursor = request.cursor()] {
    auto found = [this, invocation, client](const absl::Status& status) {
      if (absl::IsNotFound(status)) {
        Plan(invocation, client, true);
      } else if (!status.ok()) {
        client->End(status);
      }
    };
    deps_.dispatcher->FollowKey(invocation->spec(), invocation->caller().id, cursor, client, found);
  });
}

void Invocations::Plan(std::shared_ptr<Invocation> invocation, Client client, bool may_wait) {
  Questions::Question question;
  question.caller = invocation->caller().id;
  question.cancelled = [client] { return client->closed(); };
  question.read = [invocation, random = deps_.random](ColumnNames* names) { return invocation->Read(random, names); };
  question.on_loop = [this, invocation] { return invocation->TakeDdls(*deps_.ddls); };
  question.answer = [invocation, clock = deps_.clock](const FleetSnapshot& fleet, StepBudget* budget) {
    return invocation->Plan(fleet, *clock, budget);
  };
  question.done = [this, invocation, client, may_wait](const absl::Status& status) {
    deps_.loop->Post([this, invocation, client, may_wait, status] { OnPlanned(invocation, client, may_wait, status); });
  };
  deps_.questions->Ask(std::move(question));
}

void Invocations::OnPlanned(std::shared_ptr<Invocation> invocation, Client client, bool may_wait,
                            const absl::Status& planned) {
  if (client->closed()) return;
  if (planned.ok()) {
    return invocation->spec().dry_run() ? AnswerDryRun(*invocation, client.get()) : Start(invocation.get(), client);
  }
  if (may_wait && !invocation->awaited().empty()) {
    // The targets are chosen again: others may be there by then.
    auto again = [this, invocation, client] { Plan(invocation, client, false); };
    if (deps_.ddls->Await(invocation->awaited(), kAwaitDdl, std::move(again))) return;
  }
  client->End(planned);
}

void Invocations::Start(Invocation* invocation, const Client& client) {
  JobRequest request = invocation->TakeRequest();
  request.job_id = absl::BytesToHexString(deps_.random->Bytes(16));
  // What is not written down is not begun, when the configuration says so.
  if (const absl::Status status = deps_.access->Record(DescribeInvocation(request, invocation->decision()));
      !status.ok()) {
    return client->End(status);
  }
  const std::string job_id = request.job_id;
  const bool waits = request.approvals_needed > 0;
  if (waits) {
    v1::Approval approval = MakeApproval(request, invocation->decision(), deps_.clock->Now());
    request.approval_digest = approval.digest();
    if (const absl::Status status = deps_.approvals->Open(std::move(approval)); !status.ok())
      return client->End(status);
  }
  const absl::Status started = deps_.dispatcher->Start(std::move(request), client);
  if (!started.ok()) client->End(started);
  if (!waits) return;
  if (started.ok()) {
    deps_.approvals->OnAccepted(job_id);
  } else {
    deps_.approvals->Withdraw(job_id);
  }
}

}  // namespace orch::hub
