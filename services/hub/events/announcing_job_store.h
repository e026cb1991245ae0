// A job store that tells the event log about everything committed to it: a job was accepted, made progress, was paused,
// resumed or finished. Therefore no event is about something that a restarted hub has forgotten, and a job that is not
// recorded has no events. Owned by the hub; its loop only. Keeps what events show of unfinished jobs, without inputs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/hub/events/event_log.h"
#include "services/hub/job_store/job_store.h"

namespace orch::hub {

class AnnouncingJobStore final : public JobStore {
 public:
  // `events` must outlive this store.
  AnnouncingJobStore(std::unique_ptr<JobStore> store, EventLog* events) : store_(std::move(store)), events_(events) {}

  void Create(StoredJob job, std::vector<std::string> targets, Done done) override;
  void RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) override;
  void RecordRollout(absl::string_view job_id, RolloutState state, Done done) override;
  void AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) override;
  void Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) override;
  void Get(absl::string_view job_id, Answer<StoredJob> answer) override { store_->Get(job_id, std::move(answer)); }
  void GetByKey(absl::string_view caller, absl::string_view key, Answer<StoredJob> answer) override {
    store_->GetByKey(caller, key, std::move(answer));
  }
  void List(JobFilter filter, uint64_t before, size_t limit, Answer<JobPage> answer) override {
    store_->List(std::move(filter), before, limit, std::move(answer));
  }
  void Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) override {
    store_->Replies(job_id, std::move(query), std::move(answer));
  }
  void Prune(int64_t finished_before_us, uint64_t keep, Answer<uint64_t> answer) override {
    store_->Prune(finished_before_us, keep, std::move(answer));
  }
  void Expire() override { store_->Expire(); }
  absl::Status LoadUnfinished(const std::function<void(UnfinishedJob)>& take) override;
  StoreStats Stats() const override { return store_->Stats(); }
  const std::string& id() const override { return store_->id(); }
  uint64_t starts() const override { return store_->starts(); }

 private:
  // Applies `change` to the job as events show it, and tells the event. Called once the write is committed.
  using Change = absl::AnyInvocable<v1::WatchEventsResponse::Kind(StoredJob*)>;
  void Tell(const std::string& job_id, Change change);
  void Open(StoredJob job);

  const std::unique_ptr<JobStore> store_;
  EventLog* const events_;
  absl::flat_hash_map<std::string, std::unique_ptr<StoredJob>> open_;
};

}  // namespace orch::hub
