#include "services/hub/jobs/run/restore_job.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "services/hub/job_store/task.h"
#include "services/hub/jobs/run/rollout_stage.h"

namespace orch::hub {
namespace {

void RestoreTimes(const StoredJob& stored, RunState* state) {
  state->started_us = stored.created_us;
  const absl::Duration now = state->Now();
  const absl::Duration age = state->deps.clock->Now() - absl::FromUnixMicros(stored.created_us);
  state->started = now - std::max(age, absl::ZeroDuration());
  // A wall clock that was set back must not make anything live longer than it would have.
  const absl::Duration ttl = absl::Milliseconds(state->request.spec.ttl_ms());
  state->away_until = std::max(std::min(state->started, now) + ttl, now + kReturnGrace);
}

void RestoreOver(size_t index, const StoredTask& stored, RunState* state) {
  // A target that the hub itself denied was never released, and counts against no budget.
  const bool denied = stored.state == v1::DENIED && stored.attempt == 0;
  const Rollout::End end = stored.filtered || denied ? Rollout::End::kDeclined
                           : stored.state == v1::OK  ? Rollout::End::kOk
                                                     : Rollout::End::kFailed;
  state->tasks.RestoreEnd(index, stored.attempt, stored.state, stored.filtered);
  state->rollout.RestoreOver(index, end);
}

void RestoreSent(size_t index, const StoredTask& stored, RunState* state) {
  const absl::Duration now = state->Now();
  const absl::Duration deadline = state->request.deadline;
  const absl::Duration age = state->deps.clock->Now() - absl::FromUnixMicros(stored.changed_us);
  const absl::Duration sent_at = now - std::clamp(age, absl::ZeroDuration(), deadline);
  state->tasks.RestoreSent(index, stored.attempt, sent_at, std::max(sent_at + deadline, now + kReturnGrace));
  state->rollout.RestoreSent(index);
  state->deps.returns->Add(state->tasks[index].identity, state->run);
}

void RestoreTask(size_t index, const StoredTask& stored, RunState* state) {
  if (stored.filtered || IsTerminal(stored.state)) return RestoreOver(index, stored, state);
  if (stored.state == v1::SENT) return RestoreSent(index, stored, state);
  state->tasks.SetQuestion(index, Question::kBeforeSending);
  if (stored.attempt == 0) return;
  // Its repeat is asked about before it is sent, like everything that the previous process may have sent unrecorded.
  state->tasks.RestoreSetAside(index, stored.attempt,
                               HubReply(state->tasks[index].identity, v1::FAILED, v1::ERROR_KIND_SHUTDOWN,
                                        "an attempt failed, the hub was restarted, and no repeat followed"));
  state->rollout.RestoreSetAside(index, state->Now());
}

void RestoreRollout(const RolloutState& stored, RunState* state) {
  state->rollout.RestoreStage(StageNamed(stored.detail));
  if (stored.state == v1::JOB_PAUSED) state->rollout.Pause(stored.paused_because);
  if (stored.state == v1::JOB_PENDING_APPROVAL) state->rollout.Pause(kAwaitsApproval);
  if (stored.stop_reason != v1::STOP_REASON_UNSPECIFIED) state->rollout.Stop(stored.stop_reason);
  if (stored.stop_reason == v1::STOP_REASON_CANCELLED) {
    state->cancel_text = "the job was cancelled before the hub was restarted";
  }
  if (stored.stop_reason == v1::STOP_REASON_NOT_APPROVED) state->cancel_text = "not sent: the job was not approved";
}

}  // namespace

void RestoreJob(const UnfinishedJob& stored, RunState* state) {
  state->resumed = true;
  state->told = stored.replies;
  RestoreTimes(stored.job, state);
  // In the order in which they were sent: deadlines are looked at in it.
  std::vector<size_t> order(std::min(stored.tasks.size(), state->tasks.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return stored.tasks[a].changed_us < stored.tasks[b].changed_us; });
  for (const size_t i : order) RestoreTask(i, stored.tasks[i], state);
  RestoreRollout(stored.job.rollout, state);
}

}  // namespace orch::hub
