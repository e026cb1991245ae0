// Keeps jobs in an SQLite file (WAL, synchronous=FULL): a write that was answered with OK survives the end of the hub
// and a loss of power. One thread writes in groups, and another one reads; the loop only passes requests on. Bounded by
// the count and age of finished jobs and by the size of the file; forgotten jobs free their space. The hub's loop only.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/loop_executor.h"
#include "base/random.h"
#include "services/hub/job_store/group_writer.h"
#include "services/hub/job_store/job_reader.h"
#include "services/hub/job_store/job_store.h"
#include "services/hub/job_store/job_store_lock.h"
#include "services/hub/job_store/node_store.h"
#include "services/hub/job_store/record_store.h"

namespace orch::hub {

// Limit of the reads that wait for the reading thread.
inline constexpr size_t kMaxQueuedReads = 1000;

class SqliteJobStore final : public JobStore {
 public:
  struct Options {
    std::string path;
    size_t count = 1000;                       // finished jobs kept
    absl::Duration age = absl::Hours(24 * 7);  // after they finished, by the wall clock
    uint64_t bytes = uint64_t{4} << 30;        // of the file; beyond this, the oldest finished jobs are forgotten
    uint64_t max_bytes = uint64_t{8} << 30;    // of the file; beyond this, writes fail
  };
  // Makes the file when there is none. Errors as for OpenJobStoreFile and JobStoreLock::Take.
  static absl::StatusOr<std::unique_ptr<SqliteJobStore>> Open(const Clock* clock, Random* random, Executor* loop,
                                                              Options options);
  // Commits all writes that were asked for.
  ~SqliteJobStore() override;

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
  // The store of the fleet in the same file. It must be destroyed before this store.
  std::unique_ptr<NodeStore> MakeNodeStore();
  std::unique_ptr<RecordStore> MakeRecordStore();  // likewise
  const std::string& id() const override { return id_; }
  uint64_t starts() const override { return starts_; }

 private:
  SqliteJobStore(const Clock* clock, Executor* loop, Options options)
      : clock_(clock), loop_(loop), options_(std::move(options)) {}

  // Runs `query` on the reading thread and posts its answer.
  template <typename T>
  void Read(std::function<absl::StatusOr<T>(JobReader*)> query, Answer<T> answer);
  // Deletes jobs for as long as `delete_one` finds one, several in each write. Answers how many.
  using DeleteOne = std::function<absl::StatusOr<uint64_t>(JobRows*)>;
  void DeleteAll(DeleteOne delete_one, uint64_t removed, Answer<uint64_t> answer);
  absl::StatusOr<uint64_t> DeleteOnePastItsTime(JobRows* rows) const;
  int64_t NowUs() const { return absl::ToUnixMicros(clock_->Now()); }

  const Clock* const clock_;
  Executor* const loop_;
  const Options options_;
  std::string id_;
  uint64_t starts_ = 0;
  std::unique_ptr<JobStoreLock> lock_;
  std::unique_ptr<JobReader> reader_;
  bool expiring_ = false;  // loop only
  std::atomic<size_t> queued_reads_{0};
  std::unique_ptr<GroupWriter> writer_;
  std::unique_ptr<LoopExecutor> reading_;
  Lifetime lifetime_;  // of the callbacks that come back to the store itself
};

}  // namespace orch::hub
