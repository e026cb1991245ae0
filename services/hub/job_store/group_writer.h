// Commits writes to the store's file in groups: writes that arrive while one commit is on its way to the disk go into
// the next group. A single write is committed at once; under load a group is closed by its number of rows or by its
// time. Keeps the order of the writes. Owned by the SqliteJobStore. Owns one thread. Thread-safe; its lock is a leaf.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/loop_executor.h"
#include "base/mutex.h"
#include "services/hub/job_store/job_rows.h"
#include "services/hub/job_store/node_rows.h"
#include "services/hub/job_store/record_rows.h"
#include "services/hub/job_store/sqlite.h"

namespace orch::hub {

inline constexpr size_t kMaxGroupRows = 500;
inline constexpr absl::Duration kMaxGroupTime = absl::Milliseconds(10);
// Limits of the queue of writes.
inline constexpr size_t kMaxQueuedWrites = 200'000;
inline constexpr size_t kMaxQueuedWriteBytes = 256u << 20;
inline constexpr size_t kRowOverhead = 128;  // bytes of a queued row, in addition to its content

class GroupWriter {
 public:
  struct Write {
    // When the status is no IsStoreFailure, only this write has failed, and it must have changed nothing.
    absl::AnyInvocable<absl::Status(JobRows*)> apply;
    absl::AnyInvocable<void(absl::Status)> done;  // on `loop`, once committed or failed; may be null
    size_t rows = 1;
    size_t bytes = 0;
    // When one of these is set, it is called in place of `apply`.
    absl::AnyInvocable<absl::Status(NodeRows*)> apply_nodes = nullptr;
    absl::AnyInvocable<absl::Status(RecordRows*)> apply_records = nullptr;
  };
  // The state of the file after the last commit.
  struct State {
    uint64_t jobs = 0;
    uint64_t bytes = 0;       // size of the file and its log
    uint64_t free_bytes = 0;  // how many of these are in empty pages
    std::string problem;      // why the last write failed
  };

  static absl::StatusOr<std::unique_ptr<GroupWriter>> Create(std::unique_ptr<Sqlite> file, const Clock* clock,
                                                             Executor* loop);
  // Commits everything that is queued, then ends the thread.
  ~GroupWriter();

  // Queues a write. When the queue is full, `done` gets ResourceExhausted.
  void Add(Write write);
  // Gives free pages back to the file system, a few at a time, while there is nothing to write.
  void Shrink();
  State state() const;

 private:
  GroupWriter(std::unique_ptr<Sqlite> file, std::unique_ptr<JobRows> rows, std::unique_ptr<NodeRows> nodes,
              std::unique_ptr<RecordRows> records, const Clock* clock, Executor* loop);
  struct Answer {
    absl::AnyInvocable<void(absl::Status)> done;
    absl::Status status;
  };

  // Commits one group. On the writer's thread.
  void Turn();
  bool Take(Write* write);
  absl::Status ApplyOne(Write* write);
  // Applies the writes of one group. An error is the file's; then nothing of the group is kept.
  absl::Status ApplyGroup(std::vector<Answer>* answers);
  void Abandon(const absl::Status& status, std::vector<Answer>* answers);
  void Observe(const absl::Status& status);
  void Post(std::vector<Answer> answers);
  void ShrinkSome();

  const std::unique_ptr<Sqlite> file_;
  const std::unique_ptr<JobRows> rows_;
  const std::unique_ptr<NodeRows> nodes_;
  const std::unique_ptr<RecordRows> records_;
  const Clock* const clock_;
  Executor* const loop_;
  mutable Mutex mu_;
  std::deque<Write> queue_ ABSL_GUARDED_BY(mu_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool awake_ ABSL_GUARDED_BY(mu_) = false;  // a Turn is posted or runs
  bool shrinking_ ABSL_GUARDED_BY(mu_) = false;
  State state_ ABSL_GUARDED_BY(mu_);
  LoopExecutor thread_;
};

}  // namespace orch::hub
