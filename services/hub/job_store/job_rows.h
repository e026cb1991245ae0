// The rows of the durable job store, written. Every call stands within a transaction its user has
// begun; after a rollback Forget must be called. On the writer's thread.
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

// Rows that belong to a job have (its number << 32) + their own, from 1.
inline constexpr int kJobKeyBits = 32;
inline constexpr int64_t kMaxRowOfJob = (int64_t{1} << kJobKeyBits) - 1;
inline int64_t RowKey(int64_t job, uint64_t row) { return (job << kJobKeyBits) + static_cast<int64_t>(row); }

// Targets and changes as they are stored.
std::string PackIdentities(const std::vector<std::string>& identities);
std::string PackChanges(const std::vector<TaskChange>& changes);
std::vector<TaskChange> UnpackChanges(absl::string_view packed);

class JobRows {
 public:
  static absl::StatusOr<std::unique_ptr<JobRows>> Create(Sqlite* file);

  // As JobStore says; a status of another kind is the file's (IsStoreFailure).
  absl::Status CreateJob(const StoredJob& job, const std::vector<std::string>& targets);
  absl::Status RecordTasks(const std::string& job_id, const std::vector<TaskChange>& changes, int64_t now_us);
  absl::Status RecordRollout(const std::string& job_id, const RolloutState& state);
  absl::StatusOr<uint64_t> AppendReply(const std::string& job_id, uint32_t task, const v1::Reply& reply);
  absl::Status Finish(const std::string& job_id, const v1::JobSummary& summary, int64_t now_us);
  // The job that finished first and its replies, if it finished before that time (0: whenever) and
  // more than `keep` are finished. Answers how many rows went: 0 when there was none.
  absl::StatusOr<uint64_t> DeleteOldest(int64_t finished_before_us, uint64_t keep);

  // Of the file, in pages that hold something; this transaction's work included.
  absl::StatusOr<uint64_t> UsedBytes();

  // Before the commit: the counts of jobs that were written to.
  absl::Status WriteCounts();
  // What is remembered of rows may not be so: the transaction was rolled back.
  absl::Status Forget();
  uint64_t jobs() const { return jobs_; }

 private:
  // What a write to an unfinished job must know.
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
  absl::flat_hash_map<std::string, std::unique_ptr<Open>> open_;  // by id; some or all of the unfinished
  std::vector<Open*> changed_;
  uint64_t jobs_ = 0;
  uint64_t finished_ = 0;
};

// True for a status that comes from the file and not from what was asked.
bool IsStoreFailure(const absl::Status& status);

}  // namespace orch::hub
