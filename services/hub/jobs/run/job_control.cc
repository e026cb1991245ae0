#include "services/hub/jobs/run/job_control.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "services/hub/job_store/stored_job.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/run/job_report.h"
#include "services/hub/jobs/run/rollout_stage.h"

namespace orch::hub {

void JobControl::Cancel(absl::string_view caller, absl::string_view reason) {
  state_->rollout.Resume();
  state_->rollout.Stop(v1::STOP_REASON_CANCELLED);
  ORCH_FAILPOINT("hub.job.cancelled");
  state_->cancel_text = absl::StrCat("cancelled by ", caller, reason.empty() ? "" : ": ", reason);
  LogInfo("job cancelled", {{"job", state_->id}, {"by", std::string(caller)}, {"reason", std::string(reason)}});
  for (size_t i = 0; i < state_->tasks.size(); ++i) {
    if (state_->tasks[i].sent()) sender_->Cancel(i, state_->cancel_text);
  }
}

void JobControl::Refuse(absl::string_view why) {
  state_->rollout.Resume();
  state_->rollout.Stop(v1::STOP_REASON_NOT_APPROVED);
  state_->cancel_text = absl::StrCat("not sent: ", why);
  LogInfo("job not approved", {{"job", state_->id}, {"why", std::string(why)}});
}

void JobControl::EndAll(absl::string_view reason) {
  state_->rollout.Stop(v1::STOP_REASON_SHUTDOWN);
  state_->cancel_text = absl::StrCat(reason, "; it was not sent");
  for (size_t i = 0; i < state_->tasks.size(); ++i) {
    const Task& task = state_->tasks[i];
    if (!task.sent()) continue;
    outcomes_->End(i, HubReply(task.identity, v1::INDETERMINATE, v1::ERROR_KIND_SHUTDOWN,
                               absl::StrCat(reason, "; the action may or may not have run")));
  }
}

void JobControl::TellRollout() {
  const Rollout& rollout = state_->rollout;
  RolloutState now;
  now.state = StateOf(rollout);
  now.paused_because = rollout.paused_because();
  now.stop_reason = rollout.stop_reason();
  now.detail = std::string(StageName(rollout.stage()));
  const bool turned = now.state != told_.state;
  if (!turned && now.stop_reason == told_.stop_reason && now.detail == told_.detail) return;
  told_ = now;
  if (turned) TellWatchers();
  if (!state_->recorded()) return;
  state_->ledger.RecordRollout(std::move(now), [this] {
    ORCH_FAILPOINT("hub.rollout.recorded");
    state_->changed();
  });
}

void JobControl::TellWatchers() {
  const Rollout& rollout = state_->rollout;
  const std::string note = rollout.stopped()           ? StopReasonText(rollout.stop_reason())
                           : rollout.awaits_approval() ? "it waits for approval: orchctl approval list"
                           : !rollout.paused()         ? "resumed"
                           : rollout.paused_because() == kPausedByCanary
                               ? "the first nodes (canary) succeeded, the others wait for your word"
                               : rollout.paused_because();
  LogInfo("job's rollout", {{"job", state_->id}, {"state", note}});
  state_->feed.ForEach([&](JobWatch* watch) { watch->AddState(told_.state, note); });
}

}  // namespace orch::hub
