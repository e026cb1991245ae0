// The part of a run that people see and steer: acceptance, watchers, pause, cancel, the hub's end.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/job_run.h"

namespace orch::hub {

v1::JobAccepted JobRun::Accepted() const {
  v1::JobAccepted accepted;
  accepted.set_job_id(id());
  accepted.set_targets(job_.targets());
  for (const std::string& identity : request_.unknown) accepted.add_unknown_identities(identity);
  for (const std::string& identity : request_.disconnected) {
    if (request_.spec.queue_offline()) {
      accepted.add_queued_identities(identity);
    } else {
      accepted.add_offline_identities(identity);
    }
  }
  if (request_.away.count() > 0) *accepted.mutable_away() = request_.away;
  for (const v1::Suggestion& suggestion : request_.suggestions) *accepted.add_suggestions() = suggestion;
  accepted.set_discovery_us(absl::ToInt64Microseconds(request_.discovery));
  accepted.set_timeout_ms(absl::ToInt64Milliseconds(request_.deadline));
  accepted.set_durable(recorded() && rooms_.store->Stats().durable);
  return accepted;
}

StoredJob JobRun::ToStore() const {
  StoredJob stored;
  stored.job_id = id();
  stored.caller = request_.caller;
  stored.spec = request_.spec;
  stored.spec.set_inputs_json(request_.redacted_inputs);
  stored.inputs_withheld = request_.inputs_withheld;
  stored.accepted = Accepted();
  stored.created_us = started_us_;
  stored.run_limit = request_.run_limit;
  stored.deadline = request_.deadline;
  stored.plan = absl::StrJoin(request_.groups, ",");
  stored.targets = static_cast<uint32_t>(request_.targets.size());
  stored.rollout.detail = rollout_.stage();
  return stored;
}

v1::Job JobRun::Describe() const {
  v1::Job described;
  described.set_job_id(id());
  described.set_caller(request_.caller);
  *described.mutable_spec() = request_.spec;
  described.mutable_spec()->set_inputs_json(request_.redacted_inputs);
  described.set_state(rollout_.paused() && !job_.AllOver() ? v1::JOB_PAUSED : v1::JOB_RUNNING);
  described.set_created_us(started_us_);
  v1::JobSummary counts;
  job_.Summarise(&counts);
  described.set_targets(counts.targets());
  described.set_ok(counts.ok());
  described.set_failed(counts.failed());
  described.set_missing(counts.missing());
  described.set_paused_because(rollout_.paused_because());
  described.set_durable(recorded() && rooms_.store->Stats().durable);
  return described;
}

void JobRun::ListOpen(size_t limit, v1::GetJobResponse* response) const {
  for (const JobTask& task : job_.tasks()) {
    if (static_cast<size_t>(response->open_size()) >= limit) return;
    if (task.over() || task.attempt == 0) continue;
    v1::TaskProgress* open = response->add_open();
    open->set_identity(task.identity);
    open->set_state(task.state);
    open->set_attempt(task.attempt);
    const absl::Duration ago = rooms_.clock->Steady() - task.sent_at;
    open->set_time_us(absl::ToUnixMicros(rooms_.clock->Now() - ago));
  }
}

absl::Status JobRun::Join(std::unique_ptr<JobWatch> watch, uint32_t targets_seen) {
  JobWatch* const joined = watch.get();
  if (absl::Status status = feed_.Add(&watch); !status.ok()) {
    watch->End(status);
    return status;
  }
  if (targets_seen > job_.targets()) joined->AddFewer(targets_seen - job_.targets());
  return absl::OkStatus();
}

void JobRun::TellProgress(size_t index) {
  if (!request_.spec.report_progress()) return;
  const JobTask& task = job_.tasks()[index];
  v1::TaskProgress progress;
  progress.set_identity(task.identity);
  progress.set_state(task.state);
  progress.set_time_us(absl::ToUnixMicros(rooms_.clock->Now()));
  progress.set_attempt(task.attempt);
  feed_.ForEach([&](JobWatch* watch) { watch->AddProgress(progress); });
}

void JobRun::TellRollout() {
  RolloutState state;
  state.state = rollout_.paused() ? v1::JOB_PAUSED : v1::JOB_RUNNING;
  state.paused_because = rollout_.paused_because();
  state.ended_early = rollout_.stop_reason();
  state.detail = rollout_.stage();
  const bool turned = state.state != stored_rollout_.state;
  if (!turned && state.ended_early == stored_rollout_.ended_early && state.detail == stored_rollout_.detail) return;
  stored_rollout_ = state;
  if (turned) {
    const std::string note = rollout_.stopped()   ? rollout_.stop_reason()
                             : !rollout_.paused() ? "resumed"
                             : rollout_.paused_because() == "canary"
                                 ? "the first nodes (canary) succeeded, the others wait for your word"
                                 : rollout_.paused_because();
    LogInfo("job's rollout", {{"job", id()}, {"state", note}});
    feed_.ForEach([&](JobWatch* watch) { watch->AddState(state.state, note); });
  }
  if (!recorded()) return;
  ledger_.RecordRollout(std::move(state), [this] {
    ORCH_FAILPOINT("hub.rollout.recorded");
    Pump();
  });
}

void JobRun::Cancel(absl::string_view caller, absl::string_view reason) {
  rollout_.Resume();
  rollout_.Stop("cancelled");
  ORCH_FAILPOINT("hub.job.cancelled");
  cancel_text_ = absl::StrCat("cancelled by ", caller, reason.empty() ? "" : ": ", reason);
  LogInfo("job cancelled", {{"job", id()}, {"by", std::string(caller)}, {"reason", std::string(reason)}});
  for (const JobTask& task : job_.tasks()) {
    if (!task.sent()) continue;
    if (NodeChannel* const node = rooms_.nodes->ChannelOf(task.identity)) {
      node->SendCancel(WireId(id(), task.attempt), cancel_text_);
    }
  }
  Pump();
}

void JobRun::Pause(absl::string_view because) {
  rollout_.Pause(because);
  Pump();
}

void JobRun::Unpause() {
  rollout_.Resume();
  Pump();
}

void JobRun::EndAll(absl::string_view reason) {
  rollout_.Stop("shutdown");
  cancel_text_ = absl::StrCat(reason, "; it was not sent");
  for (size_t i = 0; i < job_.tasks().size(); ++i) {
    const JobTask& task = job_.tasks()[i];
    if (!task.sent()) continue;
    EndTask(i, HubReply(task.identity, v1::INDETERMINATE, "shutdown",
                        absl::StrCat(reason, "; the action may or may not have run")));
  }
  slice_waits_ = false;
  Pump();
}

void JobRun::Suspend(absl::string_view reason) {
  ledger_.Flush();
  const absl::Status status = absl::UnavailableError(
      absl::StrCat(reason, "; the job goes on when it is back: orchctl job watch ", id().substr(0, 8)));
  feed_.ForEach([&](JobWatch* watch) { watch->End(status); });
}

}  // namespace orch::hub
