#include "services/hub/jobs/run/task_returns.h"

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "services/hub/job_store/task.h"

namespace orch::hub {
namespace {

v1::Reply NeverCame(const std::string& identity) {
  return HubReply(identity, v1::EXPIRED, v1::ERROR_KIND_OFFLINE, "the node did not come within the time to live");
}

}  // namespace

TaskReturns::~TaskReturns() {
  if (away_timer_ != 0) state_->deps.executor->Cancel(away_timer_);
  if (!state_->recorded()) return;
  for (const Task& task : state_->tasks) {
    if (task.standing == Standing::kAway) state_->deps.returns->Unpark();
    state_->deps.returns->Forget(task.identity, state_->run);
  }
}

void TaskReturns::OnAbsent(size_t index) {
  const Task& task = state_->tasks[index];
  const absl::Duration now = state_->Now();
  const bool queue = state_->request.spec.queue_offline();
  if (state_->recorded() && now < state_->away_until && state_->deps.returns->Park()) {
    state_->tasks.SetAway(index);
    state_->rollout.OnAway(index);
    state_->deps.returns->Add(task.identity, state_->run);
    if (away_timer_ == 0) {
      away_timer_ = state_->deps.executor->PostAfter(state_->away_until - now, [this] { OnAwayTooLong(); });
    }
    return;
  }
  if (queue && now >= state_->away_until) return outcomes_->End(index, NeverCame(task.identity));
  outcomes_->End(index, HubReply(task.identity, v1::OFFLINE, v1::ERROR_KIND_OFFLINE,
                                 queue ? "the node is not connected, and the hub's queue for absent nodes is full"
                                       : "the node is not connected"));
}

void TaskReturns::OnAwayTooLong() {
  away_timer_ = 0;
  for (size_t i = 0; i < state_->tasks.size(); ++i) {
    const Task& task = state_->tasks[i];
    if (task.standing != Standing::kAway) continue;
    outcomes_->End(i, state_->request.spec.queue_offline()
                          ? NeverCame(task.identity)
                          : HubReply(task.identity, v1::OFFLINE, v1::ERROR_KIND_OFFLINE, "the node is not connected"));
  }
  state_->changed();
}

void TaskReturns::OnNodeGone(size_t index, absl::string_view reason) {
  const Task& task = state_->tasks[index];
  if (!task.sent()) return;  // the node may be back by the task's turn
  if (state_->recorded()) return state_->deps.returns->Add(task.identity, state_->run);
  outcomes_->End(index, HubReply(task.identity, v1::INDETERMINATE, v1::ERROR_KIND_DISCONNECTED,
                                 absl::StrCat("the node was given the command, then its stream ended (", reason,
                                              "); the action may or may not have run")));
}

void TaskReturns::OnNodeBack(size_t index) {
  const Task& task = state_->tasks[index];
  if (task.standing == Standing::kAway) {
    state_->deps.returns->Unpark();
    state_->tasks.Return(index);
    state_->rollout.OnReturn(index, state_->Now());
    return;
  }
  if (!task.sent()) return;
  const bool asked = sender_->Ask(index);
  state_->tasks.SetQuestion(index, asked ? Question::kAsked : Question::kNone);
  ORCH_FAILPOINT("hub.query.sent");
  if (!asked) {
    state_->deps.returns->Add(task.identity, state_->run);
  } else if (!state_->cancel_text.empty()) {
    sender_->Cancel(index, state_->cancel_text);
  }
}

void TaskReturns::OnUnknown(size_t index) {
  const Task& task = state_->tasks[index];
  if (task.state == v1::RUNNING) return OnTaskLost(index);
  const bool late = task.due <= state_->Now();
  if (state_->rollout.stopped() || late || (state_->resumed && state_->request.inputs_withheld)) {
    const absl::string_view why = state_->rollout.stopped() ? "the job was ended before"
                                  : late                    ? "its time had run out"
                                         : "the hub was restarted, and sensitive inputs are not stored";
    return outcomes_->End(index,
                          HubReply(task.identity, v1::EXPIRED, v1::ERROR_KIND_DISCONNECTED,
                                   absl::StrCat("the command never reached the node, and ", why, "; it did not run")));
  }
  ORCH_FAILPOINT("hub.command.resent");
  if (!sender_->Send(index))
    state_->deps.returns->Add(task.identity, state_->run);  // it is asked again when it is back
}

void TaskReturns::OnTaskLost(size_t index) {
  outcomes_->End(index, HubReply(state_->tasks[index].identity, v1::INDETERMINATE, v1::ERROR_KIND_CRASH,
                                 "the node had taken the command on and no longer knows of it; "
                                 "the action may have run, in part or in full"));
}

}  // namespace orch::hub
