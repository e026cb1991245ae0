// A running job's tasks and counts, and what the dispatcher was asked for. Plain data with the moves
// that keep its counts right; on the hub's loop.
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
#include "services/hub/nodes/targets.h"

namespace orch::hub {

// A job whose targets are chosen and whose inputs were validated.
struct JobRequest {
  v1::JobSpec spec;              // as asked for
  std::string redacted_inputs;   // for the store
  bool inputs_withheld = false;  // the redacted ones are not the ones asked for
  bool recorded = false;         // kept by the store, and by nodes until their outcome is stored
  std::string caller;
  std::vector<std::string> targets;
  std::vector<uint32_t> groups;             // of each target, from 0 without holes; empty: no groups
  std::vector<std::string> unknown;         // for JobAccepted
  std::vector<std::string> disconnected;    // for JobAccepted: offline, or queued with spec.queue_offline
  v1::AwayNodes away;                       // for JobAccepted
  std::vector<v1::Suggestion> suggestions;  // for JobAccepted
  MayDecline may_decline = MayDecline::kNever;
  uint64_t chosen_at = 0;    // Registry::change() when the targets were chosen; 0: by an earlier hub
  absl::Duration run_limit;  // the node ends the action after so long
  absl::Duration deadline;   // the hub stops waiting for a task after so long
  absl::Duration discovery;
};

struct JobTask {
  std::string identity;
  v1::TaskState state = v1::PENDING;
  bool filtered = false;            // the node said it is no target
  uint32_t attempt = 0;             // of the last command sent, from 1
  absl::Duration sent_at;           // steady
  absl::Duration due;               // steady; then it is given up
  bool ask_first = false;           // an earlier life of this hub may have sent it
  bool asked = false;               // the node was asked what became of it
  bool parked = false;              // waits for the node to come
  bool stored = false;              // its end is
  std::unique_ptr<v1::Reply> last;  // of an attempt that is to be repeated
  bool over() const;
  bool sent() const { return !over() && state != v1::PENDING; }
};

class Job {
 public:
  Job(std::string id, std::vector<std::string> targets);

  // kNone when the identity is no target.
  static constexpr size_t kNone = ~size_t{0};
  size_t IndexOf(absl::string_view identity) const;
  // Moves a task; returns false and leaves it when the table does not have the move.
  bool Move(size_t index, v1::TaskState to);
  bool MayMove(size_t index, v1::TaskState to) const;
  // True when the task was sent and had no outcome; it is no target any more.
  bool Filter(size_t index);
  // A task's end as an earlier life of this hub stored it.
  void RestoreEnd(size_t index, v1::TaskState state, bool filtered);
  bool AllOver() const { return over_ == tasks_.size(); }
  void Summarise(v1::JobSummary* summary) const;

  const std::string& id() const { return id_; }
  std::vector<JobTask>& tasks() { return tasks_; }
  const std::vector<JobTask>& tasks() const { return tasks_; }
  // The sent task that is due first; kNone when none is without outcome. Tasks are sent in the order
  // they are due.
  size_t FirstDue();
  uint32_t targets() const { return targets_; }  // without those filtered

 private:
  void CountEnd(v1::TaskState state);

  const std::string id_;
  std::vector<JobTask> tasks_;
  absl::flat_hash_map<absl::string_view, uint32_t> by_identity_;
  std::deque<std::pair<uint32_t, uint32_t>> sent_;  // task and attempt, in the order they were sent
  size_t over_ = 0;
  uint32_t targets_ = 0;
  uint32_t ok_ = 0;
  uint32_t failed_ = 0;
  uint32_t missing_ = 0;
};

// The id an attempt has on the wire: the job's own for the first; for a repeat one of its own, so
// that a node which refuses to run an id twice runs it. The same in every hub.
std::string WireId(const std::string& job_id, uint32_t attempt);

}  // namespace orch::hub
