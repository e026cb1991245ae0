// Keeps jobs in memory, bounded by count, age and bytes. A restarted hub has none of them. The hub's loop only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "services/hub/job_store/job_store.h"

namespace orch::hub {

class MemoryJobStore final : public JobStore {
 public:
  struct Options {
    size_t count = 1000;                  // finished jobs kept
    absl::Duration age = absl::Hours(1);  // after they finished
    size_t bytes = 128u << 20;            // of all replies; beyond this, replies are kept without their data
    std::string id = "0000000000000000";  // of this store
  };
  MemoryJobStore(const Clock* clock, Executor* executor, Options options)
      : clock_(clock), executor_(executor), options_(std::move(options)) {}

  void Create(StoredJob job, std::vector<std::string> targets, Done done) override;
  void RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) override;
  void RecordRollout(absl::string_view job_id, RolloutState state, Done done) override;
  void AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) override;
  void Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) override;
  void Get(absl::string_view job_id, Answer<StoredJob> answer) override;
  void GetByKey(absl::string_view caller, absl::string_view key, Answer<StoredJob> answer) override;
  void List(JobFilter filter, uint64_t before, size_t limit, Answer<JobPage> answer) override;
  void Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) override;
  void Prune(int64_t finished_before_us, uint64_t keep, Answer<uint64_t> answer) override;
  void Expire() override;
  absl::Status LoadUnfinished(const std::function<void(UnfinishedJob)>& take) override;
  StoreStats Stats() const override;
  const std::string& id() const override { return options_.id; }
  uint64_t starts() const override { return 1; }

 private:
  struct Kept {
    StoredJob job;
    uint64_t serial = 0;
    absl::Duration finished;  // steady
    std::vector<v1::Reply> replies;
    std::vector<StoredTask> tasks;  // empty once the job is finished
    size_t bytes = 0;
  };

  Kept* Find(absl::string_view job_id) const;
  // The same, or the error for a job that cannot be written to.
  absl::StatusOr<Kept*> FindOpen(absl::string_view job_id) const;
  absl::Status DoCreate(StoredJob job, std::vector<std::string> targets);
  absl::Status DoRecordTasks(absl::string_view job_id, const std::vector<TaskChange>& changes);
  absl::StatusOr<uint64_t> DoAppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply);
  absl::Status DoFinish(absl::string_view job_id, const v1::JobSummary& summary);
  absl::StatusOr<StoredJob> DoGet(absl::string_view job_id) const;
  absl::StatusOr<ReplyPage> DoReplies(absl::string_view job_id, const ReplyQuery& query) const;
  void DropOldestFinished();
  // Drops finished jobs until `bytes` more fit, as far as that is possible.
  void MakeRoom(size_t bytes);

  const Clock* const clock_;
  Executor* const executor_;
  const Options options_;
  std::map<std::string, std::unique_ptr<Kept>, std::less<>> jobs_;
  std::map<uint64_t, Kept*> by_serial_;
  std::map<std::pair<std::string, std::string>, Kept*> by_key_;  // caller, idempotency key
  std::deque<std::string> finished_;                             // oldest first
  size_t bytes_ = 0;
  uint64_t next_serial_ = 1;
};

}  // namespace orch::hub
