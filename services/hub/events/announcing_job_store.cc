#include "services/hub/events/announcing_job_store.h"

#include "services/hub/job_store/stored_job.h"

namespace orch::hub {

using Event = v1::WatchEventsResponse;

void AnnouncingJobStore::Create(StoredJob job, std::vector<std::string> targets, Done done) {
  auto shown = std::make_unique<StoredJob>(job);
  store_->Create(std::move(job), std::move(targets),
                 [this, shown = std::move(shown), done = std::move(done)](const absl::Status& status) mutable {
                   const std::string id = shown->job_id;
                   if (status.ok()) {
                     Open(*std::move(shown));
                     Tell(id, [](StoredJob*) { return Event::JOB_ACCEPTED; });
                   }
                   if (done != nullptr) done(status);
                 });
}

void AnnouncingJobStore::RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) {
  uint32_t filtered = 0;
  for (const TaskChange& change : changes) filtered += change.filtered ? 1 : 0;
  if (filtered == 0) return store_->RecordTasks(job_id, std::move(changes), std::move(done));
  store_->RecordTasks(
      job_id, std::move(changes),
      [this, id = std::string(job_id), filtered, done = std::move(done)](const absl::Status& status) mutable {
        if (status.ok()) {
          Tell(id, [filtered](StoredJob* job) {
            job->targets -= filtered;
            return Event::JOB_PROGRESS;
          });
        }
        if (done != nullptr) done(status);
      });
}

void AnnouncingJobStore::RecordRollout(absl::string_view job_id, RolloutState state, Done done) {
  RolloutState shown = state;
  store_->RecordRollout(job_id, std::move(state),
                        [this, id = std::string(job_id), shown = std::move(shown),
                         done = std::move(done)](const absl::Status& status) mutable {
                          if (status.ok()) {
                            Tell(id, [&shown](StoredJob* job) {
                              const v1::JobState before = job->rollout.state;
                              job->rollout = std::move(shown);
                              if (before == job->rollout.state) return Event::KIND_UNSPECIFIED;
                              return job->rollout.state == v1::JOB_RUNNING ? Event::JOB_RESUMED : Event::JOB_PAUSED;
                            });
                          }
                          if (done != nullptr) done(status);
                        });
}

void AnnouncingJobStore::AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply,
                                     Answer<uint64_t> answer) {
  const v1::TaskState state = reply.state();
  store_->AppendReply(job_id, task, std::move(reply),
                      [this, id = std::string(job_id), state,
                       answer = std::move(answer)](const absl::StatusOr<uint64_t>& number) mutable {
                        if (number.ok()) {
                          Tell(id, [state](StoredJob* job) {
                            CountOutcome(state, job);
                            return Event::JOB_PROGRESS;
                          });
                        }
                        if (answer != nullptr) answer(number);
                      });
}

void AnnouncingJobStore::Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) {
  store_->Finish(job_id, summary,
                 [this, id = std::string(job_id), summary, done = std::move(done)](const absl::Status& status) mutable {
                   if (status.ok()) {
                     Tell(id, [&summary](StoredJob* job) {
                       job->summary = summary;
                       return Event::JOB_FINISHED;
                     });
                     open_.erase(id);
                   }
                   if (done != nullptr) done(status);
                 });
}

absl::Status AnnouncingJobStore::LoadUnfinished(const std::function<void(UnfinishedJob)>& take) {
  return store_->LoadUnfinished([this, &take](UnfinishedJob job) {
    Open(job.job);
    take(std::move(job));
  });
}

void AnnouncingJobStore::Open(StoredJob job) {
  const std::string id = job.job_id;
  job.spec = StripForEvent(std::move(job.spec));
  job.accepted.Clear();
  job.plan.clear();
  open_[id] = std::make_unique<StoredJob>(std::move(job));
}

void AnnouncingJobStore::Tell(const std::string& job_id, Change change) {
  const auto found = open_.find(job_id);
  if (found == open_.end()) return;
  StoredJob* const job = found->second.get();
  const Event::Kind kind = change(job);
  if (kind == Event::KIND_UNSPECIFIED) return;
  events_->OnJob(kind, job_id, [&] { return ShowJob(*job, store_->Stats().durable); });
}

}  // namespace orch::hub
