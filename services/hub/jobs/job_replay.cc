#include "services/hub/jobs/job_replay.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/hub/jobs/run/job_run.h"

namespace orch::hub {

void JobReplay::Begin(RunDirectory* runs, JobStore* store, Executor* executor, const std::string& job_id,
                      const std::string& cursor, bool followed, std::shared_ptr<JobWatch::Sink> client) {
  std::shared_ptr<JobReplay> replay(new JobReplay(runs, store, executor, std::move(client)));
  if (absl::Status status = ParseCursor(cursor, store->id(), &replay->position_); !status.ok()) {
    return replay->End(status);
  }
  store->Get(job_id, [replay, followed](absl::StatusOr<StoredJob> job) {
    if (!job.ok()) return replay->End(job.status());
    replay->OnJob(*job, followed);
  });
}

void JobReplay::OnJob(const StoredJob& job, bool followed) {
  job_id_ = job.job_id;
  summary_ = job.summary;
  targets_ = job.targets;
  *held_.mutable_accepted() = job.accepted;
  held_.mutable_accepted()->set_job_id(job.job_id);
  held_.mutable_accepted()->set_targets(job.targets);
  held_.mutable_accepted()->set_followed(followed);
  held_.set_state(job.state());
  if (job.state() == v1::JOB_PAUSED || job.state() == v1::JOB_PENDING_APPROVAL)
    held_.set_note(job.rollout.paused_because);
  more_ = true;
  // Only now: a client that is slow at the very first message is called back too.
  client_->SetOnDrained([replay = shared_from_this()] {
    if (replay->holds_) replay->PushHeld();
  });
  PushHeld();
}

void JobReplay::PushHeld() {
  held_.set_cursor(MakeCursor(store_->id(), position_));
  holds_ = !client_->TryPush(held_);
  if (holds_) return;
  held_.Clear();
  AfterPage();
}

void JobReplay::AfterPage() {
  if (more_) return ReadOn();
  if (JobRun* const run = runs_->RunOf(job_id_); run != nullptr) {
    return run->told() <= position_ ? Join(run) : ReadOn();
  }
  if (!summary_) return AskForEnd();
  if (std::exchange(summary_told_, true)) return End(absl::OkStatus());
  *held_.mutable_summary() = *summary_;
  PushHeld();
}

void JobReplay::ReadOn() {
  ReplyQuery query;
  query.from = position_ + 1;
  store_->Replies(job_id_, query, [replay = shared_from_this()](absl::StatusOr<ReplyPage> page) {
    if (!page.ok()) return replay->End(page.status());
    replay->OnPage(*std::move(page));
  });
}

void JobReplay::OnPage(ReplyPage page) {
  more_ = page.next != 0;
  if (page.replies.empty()) return AfterPage();
  for (StoredReply& stored : page.replies) {
    *held_.add_replies() = std::move(stored.reply);
    position_ = stored.number;
  }
  PushHeld();
}

void JobReplay::AskForEnd() {
  store_->Get(job_id_, [replay = shared_from_this()](absl::StatusOr<StoredJob> job) {
    if (!job.ok()) return replay->End(job.status());
    replay->summary_ = job->summary;
    // It ended in between: what came last is read before the summary is told.
    if (job->summary) return replay->ReadOn();
    replay->End(absl::UnavailableError("the hub is stopping; the job goes on when it is back; try again shortly"));
  });
}

void JobReplay::Join(JobRun* run) {
  client_->SetOnDrained(nullptr);
  run->Join(std::make_unique<JobWatch>(executor_, std::move(client_), store_->id(), position_), targets_).IgnoreError();
}

void JobReplay::End(const absl::Status& status) {
  if (client_ == nullptr) return;
  client_->SetOnDrained(nullptr);
  client_->End(status);
  client_ = nullptr;
}

}  // namespace orch::hub
