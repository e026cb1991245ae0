// A job store that passes every call on to another one; its subclasses change some of them. It owns no store and
// keeps nothing. The hub's loop only.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/hub/job_store/job_store.h"

namespace orch::hub {

class ForwardingJobStore : public JobStore {
 public:
  // `target` must outlive this store.
  explicit ForwardingJobStore(JobStore* target) : target_(target) {}

  void Create(StoredJob job, std::vector<std::string> targets, Done done) override {
    target_->Create(std::move(job), std::move(targets), std::move(done));
  }
  void RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) override {
    target_->RecordTasks(job_id, std::move(changes), std::move(done));
  }
  void RecordRollout(absl::string_view job_id, RolloutState state, Done done) override {
    target_->RecordRollout(job_id, std::move(state), std::move(done));
  }
  void AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) override {
    target_->AppendReply(job_id, task, std::move(reply), std::move(answer));
  }
  void Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) override {
    target_->Finish(job_id, summary, std::move(done));
  }
  void Get(absl::string_view job_id, Answer<StoredJob> answer) override { target_->Get(job_id, std::move(answer)); }
  void GetByKey(absl::string_view caller, absl::string_view key, Answer<StoredJob> answer) override {
    target_->GetByKey(caller, key, std::move(answer));
  }
  void List(JobFilter filter, uint64_t before, size_t limit, Answer<JobPage> answer) override {
    target_->List(std::move(filter), before, limit, std::move(answer));
  }
  void Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) override {
    target_->Replies(job_id, std::move(query), std::move(answer));
  }
  void Prune(int64_t finished_before_us, uint64_t keep, Answer<uint64_t> answer) override {
    target_->Prune(finished_before_us, keep, std::move(answer));
  }
  void Expire() override { target_->Expire(); }
  absl::Status LoadUnfinished(const std::function<void(UnfinishedJob)>& take) override {
    return target_->LoadUnfinished(take);
  }
  StoreStats Stats() const override { return target_->Stats(); }
  const std::string& id() const override { return target_->id(); }
  uint64_t starts() const override { return target_->starts(); }

 private:
  JobStore* const target_;
};

}  // namespace orch::hub
