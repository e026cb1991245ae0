#include "services/hub/jobs/run/job_ledger.h"

#include <utility>

#include "base/lifetime.h"
#include "base/log.h"

namespace orch::hub {
namespace {

// All but what the store says of the job itself: that stays so.
bool CanBeTriedAgain(const absl::Status& status) {
  return !status.ok() && !absl::IsNotFound(status) && !absl::IsAlreadyExists(status) &&
         !absl::IsFailedPrecondition(status) && !absl::IsOutOfRange(status);
}

}  // namespace

void JobLedger::Persist(std::shared_ptr<Try> attempt) {
  Lifetime::Watch alive = lifetime_.watch();
  attempt->write([this, alive, attempt](const absl::Status& status) {
    if (alive.ended()) return;
    if (CanBeTriedAgain(status)) {
      if (!std::exchange(warned_, true)) {
        LogError("the store takes nothing now; trying until it does",
                 {{"job", job_id_}, {"what", attempt->what}, {"reason", std::string(status.message())}});
      }
      executor_->PostAfter(kStoreRetry, [this, alive, attempt] {
        if (!alive.ended()) Persist(attempt);
      });
      return;
    }
    if (!status.ok()) {
      LogError("not stored", {{"job", job_id_}, {"what", attempt->what}, {"reason", std::string(status.message())}});
    }
    warned_ = false;
    --pending_;
    attempt->after(status.ok());  // may destroy this
  });
}

void JobLedger::Create(StoredJob job, std::vector<std::string> targets, JobStore::Done done) {
  ++pending_;
  Lifetime::Watch alive = lifetime_.watch();
  store_->Create(std::move(job), std::move(targets),
                 [this, alive, done = std::move(done)](absl::Status status) mutable {
                   if (alive.ended()) return;
                   --pending_;
                   done(std::move(status));
                 });
}

void JobLedger::Append(uint32_t task, v1::Reply reply, Committed committed) {
  ++pending_;
  auto kept = std::make_shared<v1::Reply>(std::move(reply));
  auto number = std::make_shared<uint64_t>(0);
  Persist(std::make_shared<Try>(
      Try{"a reply",
          [this, task, kept, number](JobStore::Done done) {
            store_->AppendReply(job_id_, task, *kept,
                                [number, done = std::move(done)](absl::StatusOr<uint64_t> answer) mutable {
                                  if (answer.ok()) *number = *answer;
                                  done(answer.status());
                                });
          },
          [kept, number, committed = std::move(committed)](bool) mutable { committed(*number, std::move(*kept)); }}));
}

void JobLedger::NoteTask(TaskChange change) {
  if (recorded()) noted_.push_back(change);
}

void JobLedger::Flush() {
  if (noted_.empty()) return;
  store_->RecordTasks(job_id_, std::exchange(noted_, {}), [job_id = job_id_](const absl::Status& status) {
    if (status.ok()) return;
    LogWarning("what was sent is not stored; a restarted hub asks the nodes",
               {{"job", job_id}, {"reason", std::string(status.message())}});
  });
}

void JobLedger::RecordTask(TaskChange change, Closure committed) {
  Flush();  // in order
  ++pending_;
  Persist(std::make_shared<Try>(
      Try{"a task", [this, change](JobStore::Done done) { store_->RecordTasks(job_id_, {change}, std::move(done)); },
          [committed = std::move(committed)](bool) mutable { committed(); }}));
}

void JobLedger::RecordRollout(RolloutState state, Closure committed) {
  Flush();  // in order
  ++pending_;
  Persist(std::make_shared<Try>(Try{
      "a rollout's state",
      [this, state = std::move(state)](JobStore::Done done) { store_->RecordRollout(job_id_, state, std::move(done)); },
      [committed = std::move(committed)](bool) mutable { committed(); }}));
}

void JobLedger::Finish(v1::JobSummary summary, Closure committed) {
  ++pending_;
  Persist(std::make_shared<Try>(Try{
      "the end of a job",
      [this, summary = std::move(summary)](JobStore::Done done) { store_->Finish(job_id_, summary, std::move(done)); },
      [committed = std::move(committed)](bool) mutable { committed(); }}));
}

}  // namespace orch::hub
