#include "services/hub/jobs/run/job_report.h"

#include <string>

#include "absl/strings/str_join.h"
#include "services/hub/jobs/run/rollout_stage.h"

namespace orch::hub {

v1::JobState StateOf(const Rollout& rollout) {
  if (rollout.awaits_approval()) return v1::JOB_PENDING_APPROVAL;
  return rollout.paused() ? v1::JOB_PAUSED : v1::JOB_RUNNING;
}

v1::JobAccepted DescribeAcceptance(const RunState& state) {
  const JobRequest& request = state.request;
  v1::JobAccepted accepted;
  accepted.set_job_id(state.id);
  accepted.set_targets(state.tasks.targets());
  for (const std::string& identity : request.unknown) accepted.add_unknown_identities(identity);
  for (const std::string& identity : request.disconnected) {
    if (request.spec.queue_offline()) {
      accepted.add_queued_identities(identity);
    } else {
      accepted.add_offline_identities(identity);
    }
  }
  if (request.away.count() > 0) *accepted.mutable_away() = request.away;
  for (const v1::Suggestion& suggestion : request.suggestions) *accepted.add_suggestions() = suggestion;
  accepted.set_discovery_us(absl::ToInt64Microseconds(request.discovery));
  accepted.set_timeout_ms(absl::ToInt64Milliseconds(request.deadline));
  accepted.set_durable(state.recorded() && state.deps.store->Stats().durable);
  accepted.set_denied(static_cast<uint32_t>(request.denied.size()));
  accepted.set_approvals_needed(request.approvals_needed);
  accepted.set_approval_digest(request.approval_digest);
  for (const std::string& condition : request.conditions) accepted.add_conditions(condition);
  return accepted;
}

StoredJob MakeStoredJob(const RunState& state) {
  const JobRequest& request = state.request;
  StoredJob stored;
  stored.job_id = state.id;
  stored.caller = request.caller;
  stored.spec = request.spec;
  stored.spec.set_inputs_json(request.redacted_inputs);
  stored.inputs_withheld = request.inputs_withheld;
  stored.accepted = DescribeAcceptance(state);
  stored.created_us = state.started_us;
  stored.run_limit = request.run_limit;
  stored.deadline = request.deadline;
  stored.plan = absl::StrJoin(request.groups, ",");
  stored.targets = static_cast<uint32_t>(request.targets.size());
  stored.rollout.state = StateOf(state.rollout);
  stored.rollout.paused_because = state.rollout.paused_because();
  stored.rollout.detail = std::string(StageName(state.rollout.stage()));
  return stored;
}

v1::Job DescribeJob(const RunState& state) {
  v1::Job job;
  job.set_job_id(state.id);
  job.set_caller(state.request.caller);
  *job.mutable_spec() = state.request.spec;
  job.mutable_spec()->set_inputs_json(state.request.redacted_inputs);
  job.set_state(state.tasks.AllOver() ? v1::JOB_RUNNING : StateOf(state.rollout));
  job.set_created_us(state.started_us);
  v1::JobSummary counts;
  state.tasks.Count(&counts);
  job.set_targets(counts.targets());
  job.set_ok(counts.ok());
  job.set_failed(counts.failed());
  job.set_missing(counts.missing());
  job.set_paused_because(state.rollout.paused_because());
  job.set_durable(state.recorded() && state.deps.store->Stats().durable);
  return job;
}

v1::JobSummary Summarise(const RunState& state) {
  v1::JobSummary summary;
  summary.set_job_id(state.id);
  state.tasks.Count(&summary);
  summary.set_started_us(state.started_us);
  summary.set_discovery_us(absl::ToInt64Microseconds(state.request.discovery));
  summary.set_elapsed_us(absl::ToInt64Microseconds(state.Now() - state.started));
  if (state.cut_short || state.rollout.stop_reason() == v1::STOP_REASON_CANCELLED ||
      state.rollout.stop_reason() == v1::STOP_REASON_NOT_APPROVED) {
    summary.set_stop_reason(state.rollout.stop_reason());
  }
  return summary;
}

void ListOpenTasks(const RunState& state, size_t limit, v1::GetJobResponse* response) {
  for (const Task& task : state.tasks) {
    if (static_cast<size_t>(response->open_size()) >= limit) return;
    if (task.over() || task.attempt == 0) continue;
    v1::TaskProgress* open = response->add_open();
    open->set_identity(task.identity);
    open->set_state(task.state);
    open->set_attempt(task.attempt);
    open->set_time_us(absl::ToUnixMicros(state.deps.clock->Now() - (state.Now() - task.sent_at)));
  }
}

void TellProgress(RunState* state, size_t index) {
  if (!state->request.spec.report_progress()) return;
  const Task& task = state->tasks[index];
  v1::TaskProgress progress;
  progress.set_identity(task.identity);
  progress.set_state(task.state);
  progress.set_time_us(absl::ToUnixMicros(state->deps.clock->Now()));
  progress.set_attempt(task.attempt);
  state->feed.ForEach([&](JobWatch* watch) { watch->AddProgress(progress); });
}

}  // namespace orch::hub
