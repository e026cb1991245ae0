#include "services/hub/jobs/run/task_outcomes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/run/job_report.h"

namespace orch::hub {
namespace {

constexpr uint32_t kDeniedStatus = 1;  // as in MCollective: aborted

Rollout::End EndOf(v1::TaskState state) {
  if (state == v1::OK) return Rollout::End::kOk;
  return state == v1::CANCELLED ? Rollout::End::kCancelled : Rollout::End::kFailed;
}

}  // namespace

void TaskOutcomes::End(size_t index, v1::Reply reply, uint32_t attempt) {
  const Task& task = state_->tasks[index];
  if (!state_->tasks.MayEnd(index, reply.state())) {
    ++state_->deps.counters->unexpected;
    return;
  }
  if (task.sent()) reply.set_latency_us(absl::ToInt64Microseconds(state_->Now() - task.sent_at));
  const Rollout::End end = EndOf(reply.state());
  const Standing from = task.standing;
  if (from == Standing::kReleased && end == Rollout::End::kFailed && state_->rollout.Repeats(task.attempt)) {
    return SetAside(index, std::move(reply), attempt);
  }
  if (from == Standing::kAway) state_->deps.returns->Unpark();
  state_->tasks.End(index, reply.state());
  state_->rollout.OnOver(index, from, end);
  Deliver(index, std::move(reply), attempt);
}

void TaskOutcomes::EndDenied() {
  for (const DeniedTarget& denied : state_->request.denied) {
    if (!state_->tasks.End(denied.target, v1::DENIED)) continue;
    // It was no attempt: no budget of failures counts it, and no stage waits for it.
    state_->rollout.RestoreOver(denied.target, Rollout::End::kDeclined);
    v1::Reply reply = HubReply(state_->tasks[denied.target].identity, v1::DENIED, v1::ERROR_KIND_POLICY,
                               absl::StrCat("You are not authorized to call this agent or action: ", denied.why));
    reply.set_status_code(kDeniedStatus);
    Deliver(denied.target, std::move(reply), 0);
  }
  if (!state_->request.denied.empty()) state_->rollout.RestoreStage(state_->rollout.stage());
}

void TaskOutcomes::Deliver(size_t index, v1::Reply reply, uint32_t attempt) {
  if (!state_->recorded()) return state_->feed.AddReply(0, std::move(reply));
  ORCH_FAILPOINT("hub.reply.before_commit");
  state_->ledger.Append(static_cast<uint32_t>(index), std::move(reply),
                        [this, index, attempt](uint64_t number, const v1::Reply& stored) {
                          delivery_->OnReplyStored(index, attempt, number, stored);
                        });
}

void TaskOutcomes::SetAside(size_t index, v1::Reply reply, uint32_t attempt) {
  state_->tasks.SetAside(index, std::move(reply));
  state_->rollout.OnSetAside(index, state_->Now());
  TellProgress(state_, index);
  if (!state_->recorded()) return;
  const TaskChange change = {static_cast<uint32_t>(index), v1::PENDING,
                             static_cast<uint16_t>(state_->tasks[index].attempt), false};
  state_->ledger.RecordTask(change, [this, index, attempt] { delivery_->OnSetAsideStored(index, attempt); });
}

bool TaskOutcomes::Decline(size_t index, uint32_t attempt, const std::string& failure) {
  const Task& task = state_->tasks[index];
  const Standing from = task.standing;
  if (task.attempt != attempt || !state_->tasks.Decline(index)) return false;
  state_->rollout.OnOver(index, from, Rollout::End::kDeclined);
  state_->feed.ForEach([&](JobWatch* watch) { watch->AddFiltered(task.identity, failure); });
  if (!state_->recorded()) return true;
  const TaskChange change = {static_cast<uint32_t>(index), v1::SENT, static_cast<uint16_t>(attempt), true};
  state_->ledger.RecordTask(change, [this, index, attempt] { delivery_->OnDeclineStored(index, attempt); });
  return true;
}

}  // namespace orch::hub
