#include "services/hub/jobs/invocations.h"

#include <utility>

#include "services/hub/jobs/check_spec.h"

namespace orch::hub {

void Invocations::Run(const v1::InvokeRequest& request, const std::string& caller, Client client) {
  if (const absl::Status status = CheckSpec(request.spec()); !status.ok()) return client->End(status);
  auto invocation = std::make_shared<Invocation>(request.spec(), caller, clock_->Steady());
  if (request.spec().idempotency_key().empty()) return Plan(std::move(invocation), std::move(client), true);
  loop_->Post([this, invocation, client = std::move(client), cursor = request.cursor()] {
    auto found = [this, invocation, client](const absl::Status& status) {
      if (absl::IsNotFound(status)) {
        Plan(invocation, client, true);
      } else if (!status.ok()) {
        client->End(status);
      }
    };
    dispatcher_->FollowKey(invocation->spec(), invocation->caller(), cursor, client, found);
  });
}

void Invocations::Plan(std::shared_ptr<Invocation> invocation, Client client, bool may_wait) {
  Questions::Question question;
  question.caller = invocation->caller();
  question.cancelled = [client] { return client->closed(); };
  question.read = [invocation, random = random_](ColumnNames* names) { return invocation->Read(random, names); };
  question.on_loop = [this, invocation] { return invocation->TakeDdls(*ddls_); };
  question.answer = [invocation, clock = clock_](const FleetSnapshot& fleet, StepBudget* budget) {
    return invocation->Plan(fleet, *clock, budget);
  };
  question.done = [this, invocation, client, may_wait](const absl::Status& status) {
    loop_->Post([this, invocation, client, may_wait, status] { OnPlanned(invocation, client, may_wait, status); });
  };
  questions_->Ask(std::move(question));
}

void Invocations::OnPlanned(std::shared_ptr<Invocation> invocation, Client client, bool may_wait,
                            const absl::Status& planned) {
  if (client->closed()) return;
  if (planned.ok()) {
    const absl::Status started = dispatcher_->Start(invocation->TakeRequest(), client);
    if (!started.ok()) client->End(started);
    return;
  }
  if (may_wait && !invocation->awaited().empty()) {
    // The targets are chosen again: others may be there by then.
    auto again = [this, invocation, client] { Plan(invocation, client, false); };
    if (ddls_->Await(invocation->awaited(), kAwaitDdl, std::move(again))) return;
  }
  client->End(planned);
}

}  // namespace orch::hub
