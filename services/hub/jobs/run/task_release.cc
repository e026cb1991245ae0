#include "services/hub/jobs/run/task_release.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "services/hub/job_store/stored_job.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/run/job_report.h"

namespace orch::hub {
namespace {

v1::ErrorKind ErrorKindOf(v1::StopReason reason) {
  switch (reason) {
    case v1::STOP_REASON_CANCELLED:
      return v1::ERROR_KIND_CANCELLED;
    case v1::STOP_REASON_MAX_FAILURES:
      return v1::ERROR_KIND_MAX_FAILURES;
    case v1::STOP_REASON_CANARY:
      return v1::ERROR_KIND_CANARY;
    case v1::STOP_REASON_SHUTDOWN:
      return v1::ERROR_KIND_SHUTDOWN;
    case v1::STOP_REASON_NOT_APPROVED:
      return v1::ERROR_KIND_POLICY;
    default:
      return v1::ERROR_KIND_UNSPECIFIED;
  }
}

std::string WhyNotReleased(v1::StopReason reason) {
  if (reason == v1::STOP_REASON_MAX_FAILURES) return "not sent: as many nodes had failed as max_failures allows";
  if (reason == v1::STOP_REASON_CANARY) return "not sent: one of the first nodes (canary) did not succeed";
  return absl::StrCat("not sent: the job was ended (", StopReasonText(reason), ")");
}

}  // namespace

TaskRelease::~TaskRelease() {
  for (const TimerId timer : {release_timer_, deadline_timer_}) {
    if (timer != 0) state_->deps.executor->Cancel(timer);
  }
}

void TaskRelease::Run() {
  if (!turn_waits_) ReleaseSome();
  state_->ledger.Flush();
  ArmDeadline();
}

void TaskRelease::ReleaseSome() {
  if (release_timer_ != 0) state_->deps.executor->Cancel(std::exchange(release_timer_, 0));
  for (size_t released = 0; released < kSendSlice; ++released) {
    if (state_->rollout.stopped()) return EndUnreleased();
    const absl::Duration now = state_->Now();
    const Rollout::Turn turn = state_->rollout.Next(now);
    if (turn.kind == Rollout::Turn::kBlocked) return;
    if (turn.kind == Rollout::Turn::kSleep) return ReleaseLater(turn.until - now);
    Send(turn.task);
  }
  if (state_->rollout.stopped()) return EndUnreleased();
  turn_waits_ = true;
  ReleaseLater(absl::ZeroDuration());
}

void TaskRelease::ReleaseLater(absl::Duration wait) {
  release_timer_ = state_->deps.executor->PostAfter(wait, [this] {
    release_timer_ = 0;
    turn_waits_ = false;
    state_->changed();
  });
}

void TaskRelease::Send(size_t index) {
  TaskTable& tasks = state_->tasks;
  const Task& task = tasks[index];
  tasks.Release(index);
  if (!sender_->IsAttached(index)) return returns_->OnAbsent(index);
  const bool ask = task.question == Question::kBeforeSending;
  if (state_->resumed && state_->request.inputs_withheld && !ask) {
    return outcomes_->End(index, HubReply(task.identity, v1::EXPIRED, v1::ERROR_KIND_SHUTDOWN,
                                          "not sent: the hub was restarted, and sensitive inputs are not stored; "
                                          "run it again for this node"));
  }
  ORCH_FAILPOINT("hub.command.before_send");
  if (!(ask ? sender_->Ask(index) : sender_->Send(index))) {
    return outcomes_->End(index, HubReply(task.identity, v1::DENIED, v1::ERROR_KIND_BUSY,
                                          "the hub's queue to this node is full; nothing was sent; try again later"));
  }
  if (ask) tasks.SetQuestion(index, Question::kAsked);
  tasks.MarkSent(index, state_->Now(), state_->Now() + state_->request.deadline);
  ORCH_FAILPOINT("hub.command.sent");
  state_->ledger.NoteTask({static_cast<uint32_t>(index), v1::SENT, static_cast<uint16_t>(task.attempt), false});
  TellProgress(state_, index);
}

void TaskRelease::EndUnreleased() {
  if (std::exchange(unreleased_ended_, true)) return;
  const v1::StopReason reason = state_->rollout.stop_reason();
  const std::string why = state_->cancel_text.empty() ? WhyNotReleased(reason) : state_->cancel_text;
  for (size_t i = 0; i < state_->tasks.size(); ++i) {
    const Task& task = state_->tasks[i];
    if (!task.waits()) continue;
    state_->cut_short = true;
    outcomes_->End(
        i, task.last != nullptr ? *task.last : HubReply(task.identity, v1::CANCELLED, ErrorKindOf(reason), why));
  }
}

void TaskRelease::ArmDeadline() {
  if (deadline_timer_ != 0) return;
  const size_t first = state_->tasks.FirstDue();
  if (first == TaskTable::kNone) return;
  deadline_timer_ =
      state_->deps.executor->PostAfter(state_->tasks[first].due - state_->Now(), [this] { OnDeadline(); });
}

void TaskRelease::OnDeadline() {
  deadline_timer_ = 0;
  const absl::Duration now = state_->Now();
  TaskTable& tasks = state_->tasks;
  for (size_t i = tasks.FirstDue(); i != TaskTable::kNone && tasks[i].due <= now; i = tasks.FirstDue()) {
    if (!sender_->IsAttached(i)) {
      outcomes_->End(i, HubReply(tasks[i].identity, v1::INDETERMINATE, v1::ERROR_KIND_DISCONNECTED,
                                 "the node was given the command, its stream ended, and it did not come back in time; "
                                 "the action may or may not have run"));
      continue;
    }
    sender_->Cancel(i, "the hub waited its time");
    outcomes_->End(i,
                   HubReply(tasks[i].identity, v1::TIMED_OUT, v1::ERROR_KIND_TIMEOUT,
                            absl::StrCat("no reply within ", absl::ToDoubleSeconds(state_->request.deadline), " s")));
  }
  state_->changed();
}

}  // namespace orch::hub
