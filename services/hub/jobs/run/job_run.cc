#include "services/hub/jobs/run/job_run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "services/hub/jobs/run/job_report.h"
#include "services/hub/jobs/run/restore_job.h"

namespace orch::hub {

JobRun::JobRun(std::string id, JobRequest request, std::shared_ptr<const CommandBody> body,
               const JobDependencies& dependencies, Finished finished)
    : finished_(std::move(finished)),
      state_(std::move(id), std::move(request), dependencies, this, [this] { Pump(); }),
      sender_(&state_, std::move(body)),
      delivery_(&state_, &sender_),
      outcomes_(&state_, &delivery_),
      returns_(&state_, &sender_, &outcomes_),
      release_(&state_, &sender_, &outcomes_, &returns_),
      updates_(&state_, &sender_, &outcomes_, &returns_),
      control_(&state_, &sender_, &outcomes_) {}

void JobRun::Start(std::shared_ptr<JobWatch::Sink> client, std::function<void(const absl::Status&)> refused) {
  auto watch =
      std::make_unique<JobWatch>(state_.deps.executor, std::move(client), recorded() ? state_.deps.store->id() : "");
  state_.feed.Add(&watch).IgnoreError();  // it is the first
  if (!recorded()) return Begin();
  state_.ledger.Create(MakeStoredJob(state_), request().targets,
                       [this, refused = std::move(refused)](const absl::Status& status) {
                         ORCH_FAILPOINT("hub.job.created");
                         if (status.ok()) return Begin();
                         const auto tell = refused;  // outlives this
                         finished_(this);
                         tell(status);
                       });
}

void JobRun::Begin() {
  begun_ = true;
  state_.feed.ForEach([accepted = DescribeAcceptance(state_)](JobWatch* watch) { watch->Accepted(accepted); });
  ORCH_FAILPOINT("hub.job.accepted");
  outcomes_.EndDenied();
  Pump();
}

void JobRun::Resume(const UnfinishedJob& stored) {
  begun_ = true;
  RestoreJob(stored, &state_);
  control_.Restore(stored.job.rollout);
  ORCH_FAILPOINT("hub.job.resumed");
  LogInfo("job goes on", {{"job", id()}, {"caller", request().caller}});
  Pump();
}

void JobRun::Pump() {
  if (!begun_ || finishing_) return;
  release_.Run();
  control_.TellRollout();
  if (state_.tasks.AllOver() && state_.ledger.pending() == 0) Finish();
}

void JobRun::Finish() {
  finishing_ = true;
  v1::JobSummary summary = Summarise(state_);
  auto end = [this, summary] {
    ORCH_FAILPOINT("hub.job.finished");
    state_.feed.ForEach([&](JobWatch* watch) { watch->Finish(summary); });
    LogInfo("job ended", {{"job", id()},
                          {"ok", absl::StrCat(summary.ok())},
                          {"failed", absl::StrCat(summary.failed())},
                          {"missing", absl::StrCat(summary.missing())}});
    finished_(this);
  };
  if (!recorded()) return end();
  ORCH_FAILPOINT("hub.job.finishing");
  state_.ledger.Finish(summary, std::move(end));
}

void JobRun::OnUpdate(absl::string_view identity, uint32_t attempt, v1::TaskUpdate update) {
  const size_t task = state_.tasks.IndexOf(identity);
  if (task == TaskTable::kNone || !begun_) {
    ++state_.deps.counters->unexpected;
    return;
  }
  const bool output = update.kind() == v1::TaskUpdate::OUTPUT;
  updates_.Take(task, attempt, std::move(update));
  if (!output) Pump();
}

void JobRun::OnNodeGone(absl::string_view identity, absl::string_view reason) {
  const size_t task = state_.tasks.IndexOf(identity);
  if (task == TaskTable::kNone) return;
  returns_.OnNodeGone(task, reason);
  Pump();
}

void JobRun::OnNodeBack(absl::string_view identity) {
  const size_t task = state_.tasks.IndexOf(identity);
  if (task == TaskTable::kNone) return;
  returns_.OnNodeBack(task);
  Pump();
}

void JobRun::Cancel(absl::string_view caller, absl::string_view reason) {
  control_.Cancel(caller, reason);
  Pump();
}

void JobRun::EndAll(absl::string_view reason) {
  control_.EndAll(reason);
  release_.SkipTurn();
  Pump();
}

void JobRun::Pause(absl::string_view because) {
  state_.rollout.Pause(because);
  Pump();
}

void JobRun::Unpause() {
  state_.rollout.Resume();
  Pump();
}

void JobRun::Approve() {
  if (state_.rollout.awaits_approval()) state_.rollout.Resume();
  Pump();
}

void JobRun::Refuse(absl::string_view why) {
  if (state_.rollout.awaits_approval()) control_.Refuse(why);
  Pump();
}

void JobRun::Suspend(absl::string_view reason) {
  state_.ledger.Flush();
  const absl::Status status = absl::UnavailableError(
      absl::StrCat(reason, "; the job goes on when it is back: orchctl job watch ", id().substr(0, 8)));
  state_.feed.ForEach([&](JobWatch* watch) { watch->End(status); });
}

absl::Status JobRun::Join(std::unique_ptr<JobWatch> watch, uint32_t targets_seen) {
  JobWatch* const joined = watch.get();
  if (absl::Status status = state_.feed.Add(&watch); !status.ok()) {
    watch->End(status);
    return status;
  }
  const uint32_t targets = state_.tasks.targets();
  if (targets_seen > targets) joined->AddFewer(targets_seen - targets);
  return absl::OkStatus();
}

}  // namespace orch::hub
