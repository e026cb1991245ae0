// Commits writes in groups: what is asked for while one commit is on its way to the disk goes into
// the next. A thread of its own; nobody waits for anybody: a lone write is committed at once, and
// under load a group is closed by its rows or its time. Order is kept. Thread-safe.
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
#include "services/hub/job_store/sqlite.h"

namespace orch::hub {

inline constexpr size_t kMaxGroupRows = 500;
inline constexpr absl::Duration kMaxGroupTime = absl::Milliseconds(10);
// Writes that wait for the disk.
inline constexpr size_t kMaxQueuedWrites = 200'000;
inline constexpr size_t kMaxQueuedWriteBytes = 256u << 20;
inline constexpr size_t kRowOverhead = 128;  // bytes of a queued write's row, beside what it carries

class GroupWriter {
 public:
  struct Write {
    // A status that is no IsStoreFailure concerns this write alone and must have changed nothing.
    absl::AnyInvocable<absl::Status(JobRows*)> apply;
    absl::AnyInvocable<void(absl::Status)> done;  // on `loop`, once committed or failed; may be null
    size_t rows = 1;
    size_t bytes = 0;
    absl::AnyInvocable<absl::Status(NodeRows*)> apply_nodes = nullptr;  // set: in place of `apply`
  };
  // What is known after each commit.
  struct State {
    uint64_t jobs = 0;
    uint64_t bytes = 0;       // of the file and its log
    uint64_t free_bytes = 0;  // of these, in pages that hold nothing
    std::string problem;      // why the last write failed
  };

  static absl::StatusOr<std::unique_ptr<GroupWriter>> Create(std::unique_ptr<Sqlite> file, const Clock* clock,
                                                             Executor* loop);
  // Commits what was asked for, then ends the thread.
  ~GroupWriter();

  // ResourceExhausted through `done` when the queue is full.
  void Add(Write write);
  // Gives free pages back to the file system, some at a time, while nobody writes.
  void Shrink();
  State state() const;

 private:
  GroupWriter(std::unique_ptr<Sqlite> file, std::unique_ptr<JobRows> rows, std::unique_ptr<NodeRows> nodes,
              const Clock* clock, Executor* loop);
  struct Answer {
    absl::AnyInvocable<void(absl::Status)> done;
    absl::Status status;
  };

  // One group. On the writer's thread.
  void Turn();
  bool Take(Write* write);
  // Writes it all; a bad status is the file's, and then nothing of it stands.
  absl::Status ApplyGroup(std::vector<Answer>* answers);
  void Abandon(const absl::Status& status, std::vector<Answer>* answers);
  void Observe(const absl::Status& status);
  void Post(std::vector<Answer> answers);
  void ShrinkSome();

  const std::unique_ptr<Sqlite> file_;
  const std::unique_ptr<JobRows> rows_;
  const std::unique_ptr<NodeRows> nodes_;
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
