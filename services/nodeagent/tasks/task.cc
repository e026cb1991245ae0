#include "services/nodeagent/tasks/task.h"

#include "absl/strings/str_cat.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {

Task::Task(TaskSpec of, const UpdateSink* sink)
    : spec(std::move(of)),
      attempt_id(spec.attempt_id),
      taken_over(spec.action == nullptr && spec.run_outside != nullptr),
      sink_(sink),
      durable_(spec.durable),
      place_(taken_over ? Place::kOutside : Place::kNowhere) {
  if (spec.admit == nullptr) OnAdmitted();
}

void Task::OnAdmitted() {
  {
    MutexLock lock(&mu_);
    after_answer_ = spec.answered;
  }
  slot = spec.attempt_id;
  if (spec.plugin == nullptr) return;
  slot = absl::StrCat(spec.request.plugin, ".", spec.plugin->ConcurrencySlot(spec.action->name));
  slot_limit = spec.plugin->MaxConcurrency(spec.action->name);
}

bool Task::Begin(Place place) {
  MutexLock lock(&mu_);
  if (told_to_end_.has_value() && place_ != Place::kOutside) return false;
  place_ = place;
  return true;
}

Task::Place Task::RequestEnd(const v1::TaskUpdate& update) {
  MutexLock lock(&mu_);
  if (!told_to_end_.has_value()) told_to_end_ = update;
  return place_;
}

v1::TaskUpdate Task::FinalUpdate(const actions::Reply& reply, absl::Duration ran) const {
  {
    MutexLock lock(&mu_);
    // An action that succeeded although it was told to end has still changed the node.
    if (told_to_end_.has_value() && reply.status_code != actions::kOk) return *told_to_end_;
  }
  return FinishedUpdate(reply, ran, spec.no_reply_data);
}

void Task::Emit(v1::TaskUpdate update) {
  {
    MutexLock lock(&mu_);
    if (answered_) return;
    answered_ = update.kind() != v1::TaskUpdate::STARTED;
    unsent_.push_back(std::move(update));
    if (std::exchange(sending_, true)) return;
  }
  while (std::optional<v1::TaskUpdate> next = NextToSend()) {
    const bool final = next->kind() != v1::TaskUpdate::STARTED;
    (*sink_)(attempt_id, *std::move(next), durable_);
    if (final) RunAfterAnswer();
  }
}

void Task::RunAfterAnswer() {
  std::function<void()> after_answer;
  {
    MutexLock lock(&mu_);
    after_answer.swap(after_answer_);
  }
  if (after_answer != nullptr) after_answer();
}

std::optional<v1::TaskUpdate> Task::NextToSend() {
  MutexLock lock(&mu_);
  if (unsent_.empty()) {
    sending_ = false;
    sent_.SignalAll();
    return std::nullopt;
  }
  v1::TaskUpdate next = std::move(unsent_.front());
  unsent_.pop_front();
  return next;
}

void Task::Abandon() {
  MutexLock lock(&mu_);
  answered_ = true;
}

void Task::AwaitSent() {
  MutexLock lock(&mu_);
  while (sending_) sent_.Wait(&mu_);
}

}  // namespace orch::nodeagent
