// The tasks of one job: the one place that knows where each task stands, which attempt it is at, and which moves are
// lawful. Everybody else reads tasks here and changes them through the moves below. Knows no node, store or client. On
// the hub's loop; owned by the run of the job.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orch/v1/job.pb.h"

namespace orch::hub {

// Where a task stands on its way through the rollout.
enum class Standing : uint8_t {
  kUnreleased,  // no attempt has begun
  kReleased,    // the rollout has released it; its command is being sent, was sent, or runs
  kAway,        // it waits for its node to attach; nothing was sent
  kReturned,    // its node has attached; it waits for the release of the same attempt
  kToRepeat,    // it waits for the release of its next attempt
  kOver,        // it has its outcome, or its node declined it
};

// Whether the node has to be asked what became of a command.
enum class Question : uint8_t {
  kNone,
  kBeforeSending,  // a previous hub process may have sent the command without recording that
  kAsked,          // the question is under way, and its answer counts
};

struct Task {
  std::string identity;
  v1::TaskState state = v1::PENDING;
  Standing standing = Standing::kUnreleased;
  Question question = Question::kNone;
  bool declined = false;            // the node said that it is no target
  bool stored = false;              // the store has the end of the task
  uint32_t attempt = 0;             // from 1; 0 before the first release
  absl::Duration sent_at;           // steady
  absl::Duration due;               // steady; the hub gives the task up then
  std::unique_ptr<v1::Reply> last;  // the reply of an attempt that is to be repeated; null when there is none

  bool over() const { return standing == Standing::kOver; }
  bool sent() const { return !over() && state != v1::PENDING; }
  // The rollout has still to release it.
  bool waits() const { return !over() && standing != Standing::kReleased; }
};

class TaskTable {
 public:
  static constexpr size_t kNone = ~size_t{0};

  explicit TaskTable(std::vector<std::string> targets);

  size_t size() const { return tasks_.size(); }
  const Task& operator[](size_t index) const { return tasks_[index]; }
  std::vector<Task>::const_iterator begin() const { return tasks_.begin(); }
  std::vector<Task>::const_iterator end() const { return tasks_.end(); }
  // kNone when the identity is no target.
  size_t IndexOf(absl::string_view identity) const;
  // Whether `state` may be the outcome of the task now. A task that is to be repeated takes the outcomes of the attempt
  // before as well.
  bool MayEnd(size_t index, v1::TaskState state) const;

  // The moves. One that returns false was not lawful and has changed nothing.

  // Unreleased or to be repeated → released, as the next attempt; returned → released, as the same attempt.
  bool Release(size_t index);
  // Released → sent, to be answered before `due`.
  bool MarkSent(size_t index, absl::Duration now, absl::Duration due);
  bool MarkRunning(size_t index);
  // Released, and nothing was sent → away.
  bool SetAway(size_t index);
  // Away → returned.
  bool Return(size_t index);
  // Released → to be repeated; `reply` is that of the attempt that failed.
  bool SetAside(size_t index, v1::Reply reply);
  bool End(size_t index, v1::TaskState state);
  // The node says that it is no target: the task counts no more. Only before the action runs.
  bool Decline(size_t index);

  void SetQuestion(size_t index, Question question) { tasks_[index].question = question; }
  // True once after the question was asked.
  bool TakeAnswer(size_t index);
  void MarkStored(size_t index) { tasks_[index].stored = true; }

  // What the store kept of a task that is over; of one whose command was sent; of one that is to be repeated.
  void RestoreEnd(size_t index, uint32_t attempt, v1::TaskState state, bool declined);
  void RestoreSent(size_t index, uint32_t attempt, absl::Duration sent_at, absl::Duration due);
  void RestoreSetAside(size_t index, uint32_t attempt, v1::Reply reply);

  bool AllOver() const { return over_ == tasks_.size(); }
  uint32_t targets() const { return targets_; }  // without those that declined
  // Sets the counts of the summary.
  void Count(v1::JobSummary* summary) const;
  // The sent task that is due first; kNone when no task is sent. Tasks are sent in the order in which they are due.
  size_t FirstDue();

 private:
  void CountEnd(v1::TaskState state);

  std::vector<Task> tasks_;
  absl::flat_hash_map<absl::string_view, uint32_t> by_identity_;
  std::deque<std::pair<uint32_t, uint32_t>> sent_;  // task and attempt, in the order in which they were sent
  size_t over_ = 0;
  uint32_t targets_ = 0;
  uint32_t ok_ = 0;
  uint32_t failed_ = 0;
  uint32_t missing_ = 0;
};

}  // namespace orch::hub
