// Writes the rows of the durable job store. Every call is part of a transaction that the caller has begun; after a
// rollback the caller must call Forget. Owned by the GroupWriter; the writer's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/hub/job_store/sqlite.h"
#include "services/hub/job_store/stored_job.h"

namespace orch::hub {

// The key of a row that belongs to a job: (number of the job << 32) + number of the row, from 1.
inline constexpr int kJobKeyBits = 32;
inline constexpr int64_t kMaxRowOfJob = (int64_t{1} << kJobKeyBits) - 1;
inline int64_t RowKey(int64_t job, uint64_t row) { return (job << kJobKeyBits) + static_cast<int64_t>(row); }

// The stored form of targets and changes.
std::string PackIdentities(const std::vector<std::string>& identities);
std::string PackChanges(const std::vector<TaskChange>& changes);
std::vector<TaskChange> UnpackChanges(absl::string_view packed);

class JobRows {
 public:
  static absl::StatusOr<std::unique_ptr<JobRows>> Create(Sqlite* file);

  // Each function answers as the function of JobStore with the same name; any other error is the file's
  // (IsStoreFailure).
  absl::Status CreateJob(const StoredJob& job, const std::vector<std::string>& targets);
  absl::Status RecordTasks(const std::string& job_id, const std::vector<TaskChange>& changes, int64_t now_us);
  absl::Status RecordRollout(const std::string& job_id, const RolloutState& state);
  absl::StatusOr<uint64_t> AppendReply(const std::string& job_id, uint32_t task, const v1::Reply& reply);
  absl::Status Finish(const std::string& job_id, const v1::JobSummary& summary, int64_t now_us);
  // Deletes the job that finished first, with its replies, if it finished before that time (0: at any time) and more
  // than `keep` jobs are finished. Answers how many rows were deleted; 0 when there is no such job.
  absl::StatusOr<uint64_t> DeleteOldest(int64_t finished_before_us, uint64_t keep);

  // The bytes of the file that are in use, including the work of this transaction.
  absl::StatusOr<uint64_t> UsedBytes();

  // Writes the counts of the jobs that have changed. Called before each commit.
  absl::Status WriteCounts();
  // Drops what is remembered of rows, because the transaction was rolled back.
  absl::Status Forget();
  uint64_t jobs() const { return jobs_; }

 private:
  // An unfinished job, as far as a write to it must know the job.
  struct Open {
    int64_t num = 0;
    uint64_t replies = 0;
    uint64_t changes = 0;
    std::vector<bool> has_outcome;  // by task
    std::vector<bool> filtered;     // by task
    StoredJob counts;               // targets, ok, failed, missing only
    bool changed = false;
  };
  enum Statement {
    kFindId,
    kFindKey,
    kInsertJob,
    kInsertTargets,
    kFindOpen,
    kLoadTargets,
    kLoadOutcomes,
    kLoadChanges,
    kInsertChange,
    kUpdateRollout,
    kInsertReply,
    kUpdateCounts,
    kFinish,
    kDeleteTargets,
    kDeleteChanges,
    kOldest,
    kDeleteReplies,
    kDeleteJob,
    kStatements
  };

  explicit JobRows(Sqlite* file) : file_(file) {}
  absl::StatusOr<Open*> FindOpen(const std::string& job_id);
  absl::Status Load(Open* open);
  SqliteStatement& operator[](Statement statement) { return statements_[statement]; }

  Sqlite* const file_;
  std::vector<SqliteStatement> statements_;
  absl::flat_hash_map<std::string, std::unique_ptr<Open>> open_;  // by id; some or all of the unfinished jobs
  std::vector<Open*> changed_;
  uint64_t jobs_ = 0;
  uint64_t finished_ = 0;
};

// True for an error that comes from the file and not from the request.
bool IsStoreFailure(const absl::Status& status);

}  // namespace orch::hub
