// A running job as the dispatcher keeps it: its tasks in the order they are sent, batches, and the
// one deadline timer. Plain data with the moves that keep its counts right; on the hub's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/executor.h"
#include "orch/v1/job.pb.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/job_watch.h"
#include "services/hub/node_channel.h"

namespace orch::hub {

struct JobTask {
  std::string identity;
  v1::TaskState state = v1::PENDING;
  bool filtered = false;      // the node said it is no target
  absl::Duration sent_at;     // steady
  bool over() const;
};

class Job {
 public:
  Job(std::string id, std::vector<std::string> targets);

  // kNone when the identity is no target.
  static constexpr size_t kNone = ~size_t{0};
  size_t IndexOf(absl::string_view identity) const;
  // Batch sizes from the spec: everything when neither is set.
  void SetBatches(const v1::JobSpec& spec);
  // Moves a task; returns false and leaves it when the table does not have the move.
  bool Move(size_t index, v1::TaskState to);
  // True when the task was sent and had no outcome; it is no target any more.
  bool Filter(size_t index);
  void OpenNextBatch();
  bool BatchSent() const { return next_ == batch_end_; }
  bool BatchOver() const { return BatchSent() && open_ == 0; }
  bool AllOver() const { return over_ == tasks_.size(); }
  void Summarise(v1::JobSummary* summary) const;

  const std::string& id() const { return id_; }
  std::vector<JobTask>& tasks() { return tasks_; }
  const std::vector<JobTask>& tasks() const { return tasks_; }
  // The next task of the open batch; only while !BatchSent().
  size_t TakeNext() { return next_++; }
  // The earliest sent task without outcome; kNone when there is none.
  size_t OldestOpen();

  // The dispatcher's.
  std::shared_ptr<const CommandBody> body;
  std::unique_ptr<JobWatch> watch;
  absl::Duration deadline;
  absl::Duration batch_sleep;
  absl::Duration started;     // steady
  int64_t started_us = 0;
  absl::Duration discovery;
  bool drop_data = false;
  TimerId deadline_timer = 0;
  TimerId batch_timer = 0;

 private:
  const std::string id_;
  std::vector<JobTask> tasks_;
  absl::flat_hash_map<absl::string_view, uint32_t> by_identity_;
  size_t batch_size_ = 0;
  size_t next_ = 0;        // first task not yet taken up
  size_t batch_end_ = 0;   // one past the last task of the open batch
  size_t oldest_ = 0;      // no sent task before it is open
  size_t open_ = 0;        // sent, without outcome
  size_t over_ = 0;
  uint32_t targets_ = 0;
  uint32_t ok_ = 0;
  uint32_t failed_ = 0;
  uint32_t missing_ = 0;
};

}  // namespace orch::hub
