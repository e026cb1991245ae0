#include "services/nodeagent/tasks/delivery.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/lifetime.h"
#include "base/log.h"

namespace orch::nodeagent {
namespace {

bool IsFinal(const v1::TaskUpdate& update) {
  return update.kind() == v1::TaskUpdate::FINISHED || update.kind() == v1::TaskUpdate::FILTERED;
}

v1::TaskUpdate OfKind(v1::TaskUpdate::Kind kind) {
  v1::TaskUpdate update;
  update.set_kind(kind);
  return update;
}

}  // namespace

Delivery::Delivery(Journal* journal, Executor* executor, Send send)
    : journal_(journal), executor_(executor), send_(std::move(send)) {}

void Delivery::Report(const std::string& attempt_id, v1::TaskUpdate update, bool durable) {
  const bool final = IsFinal(update);
  if (durable && final && journal_ != nullptr) {
    if (const absl::Status kept = journal_->Finish(attempt_id, update.SerializeAsString()); !kept.ok()) {
      LogError("an outcome is not kept on disk; it is lost if this agent ends before the hub has it",
               {{"job", attempt_id}, {"why", std::string(kept.message())}});
    }
  }
  if (final) ORCH_FAILPOINT("agent.outcome.before_send");
  send_(attempt_id, std::move(update));
  if (final) ORCH_FAILPOINT("agent.outcome.after_send");
}

void Delivery::OnAcknowledged(const std::string& attempt_id) {
  if (journal_ != nullptr) journal_->Settle(attempt_id);
  LogDebug("outcome acknowledged", {{"job", attempt_id}});
  ORCH_FAILPOINT("agent.outcome.after_ack");
}

void Delivery::OnRegistered() {
  if (journal_ == nullptr) return;
  const std::vector<std::string> kept = journal_->Finished();
  resend_.assign(kept.begin(), kept.end());
  if (resend_.empty()) return;
  LogInfo("sending outcomes the hub has not acknowledged", {{"jobs", absl::StrCat(kept.size())}});
  if (!resending_) ResendSome();
}

void Delivery::ResendSome() {
  resending_ = false;
  size_t bytes = 0;
  for (size_t sent = 0; sent < kResendMessages && bytes < kResendBytes && !resend_.empty();) {
    const std::string attempt_id = std::move(resend_.front());
    resend_.pop_front();
    if (!SendKept(attempt_id, &bytes)) continue;
    ++sent;
    ORCH_FAILPOINT("agent.outcome.resent");
  }
  if (resend_.empty()) return;
  resending_ = true;
  Lifetime::Watch alive = lifetime_.watch();
  executor_->PostAfter(kResendPause, [this, alive] {
    if (!alive.ended()) ResendSome();
  });
}

// Returns false if the outcome is no longer kept or cannot be read.
bool Delivery::SendKept(const std::string& attempt_id, size_t* bytes) {
  if (journal_->Find(attempt_id) != Journal::State::kFinished) return false;
  const absl::StatusOr<std::string> outcome = journal_->Outcome(attempt_id);
  v1::TaskUpdate update;
  if (!outcome.ok() || !update.ParseFromString(*outcome)) {
    LogError("a kept outcome cannot be read", {{"job", attempt_id}, {"why", std::string(outcome.status().message())}});
    return false;
  }
  *bytes += outcome->size();
  send_(attempt_id, std::move(update));
  return true;
}

void Delivery::Answer(const std::string& attempt_id, TaskRunner::Where where, bool seen) {
  const Journal::State state = journal_ == nullptr ? Journal::State::kUnknown : journal_->Find(attempt_id);
  size_t bytes = 0;
  if (state == Journal::State::kFinished && SendKept(attempt_id, &bytes)) return;
  // The hub may have acknowledged the outcome before the worker has retired the task.
  if (state == Journal::State::kSettled) return send_(attempt_id, OfKind(v1::TaskUpdate::GONE));
  if (where == TaskRunner::Where::kAtWork || state == Journal::State::kAccepted) {
    return send_(attempt_id, OfKind(v1::TaskUpdate::STARTED));
  }
  if (where == TaskRunner::Where::kWaiting) return send_(attempt_id, OfKind(v1::TaskUpdate::ACCEPTED));
  const bool known = seen || state != Journal::State::kUnknown || (journal_ != nullptr && !journal_->Complete());
  send_(attempt_id, OfKind(known ? v1::TaskUpdate::GONE : v1::TaskUpdate::UNKNOWN));
}

}  // namespace orch::nodeagent
