// What a job store keeps and gives back: plain data and the checks every store shares.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orch/v1/job.pb.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::hub {

inline constexpr size_t kJobIdDigits = 32;
inline constexpr size_t kMinJobIdPrefix = 8;

// What of a rollout outlives the hub.
struct RolloutState {
  v1::JobState state = v1::JOB_RUNNING;  // or JOB_PAUSED
  std::string paused_because;
  v1::StopReason stop_reason = v1::STOP_REASON_UNSPECIFIED;
  std::string detail;  // the rollout's own, opaque here
};

struct StoredJob {
  std::string job_id;            // 32 hex digits
  std::string caller;            // client=peadmin
  v1::JobSpec spec;              // sensitive inputs as ***
  bool inputs_withheld = false;  // some were: from the store it cannot be sent again
  v1::JobAccepted accepted;      // as the client was told
  int64_t created_us = 0;
  absl::Duration run_limit;  // the node ends the action after so long
  absl::Duration deadline;   // the hub stops waiting for a task after so long
  std::string plan;          // what else the dispatcher froze, opaque here
  uint32_t targets = 0;      // shrinks with filtered tasks
  // Kept by the store.
  RolloutState rollout;
  uint32_t ok = 0, failed = 0, missing = 0;
  int64_t finished_us = 0;
  std::optional<v1::JobSummary> summary;  // set once finished

  v1::JobState state() const { return summary ? v1::JOB_FINISHED : rollout.state; }
};

// A task that moved, but not to its outcome.
struct TaskChange {
  uint32_t task = 0;               // index in the frozen targets
  v1::TaskState state = v1::SENT;  // or PENDING: waits to be released (again)
  uint16_t attempt = 1;            // from 1
  bool filtered = false;           // said it is no target; its last change
};

// A task as the store knows it at the hub's start.
struct StoredTask {
  std::string identity;
  v1::TaskState state = v1::PENDING;  // PENDING, SENT, or the outcome's
  uint16_t attempt = 0;               // 0: never released
  bool filtered = false;
  int64_t changed_us = 0;  // wall; when the last TaskChange was written, 0: none
};

struct UnfinishedJob {
  StoredJob job;
  std::vector<StoredTask> tasks;
  uint64_t replies = 0;  // so many outcomes are stored; the last one's number
};

// Unset members let everything pass.
struct JobFilter {
  std::string caller, plugin, action;
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  int64_t created_after_us = 0;  // 0: no bound
  int64_t created_before_us = 0;
};
bool Fits(const JobFilter& filter, const StoredJob& job);

struct JobPage {
  std::vector<StoredJob> jobs;
  uint64_t next = 0;  // 0: that was all
};

// A page ends before it grows past this; one job always fits.
inline constexpr size_t kMaxJobPageBytes = 3u << 20;
size_t BytesInPage(const StoredJob& job);

struct ReplyQuery {
  uint64_t from = 1;  // the first number wanted
  size_t limit = 1000;
  size_t bytes = 3u << 20;            // a page ends before it grows past this; one reply always fits
  std::vector<v1::TaskState> states;  // empty: all
};

struct StoredReply {
  uint64_t number = 0;
  v1::Reply reply;
};

struct ReplyPage {
  std::vector<StoredReply> replies;
  uint64_t next = 0;  // `from` of the next page; 0: that was all there is by now
};

// Adds one outcome to ok, failed or missing.
void CountOutcome(v1::TaskState state, StoredJob* job);

struct StoreStats {
  std::string place;  // a file, or "memory"
  bool durable = false;
  uint64_t jobs = 0;
  uint64_t bytes = 0;
  std::string problem;  // why writes fail now; empty: they do not
};

// Errors in the same words from every store.
absl::Status NoSuchJob(absl::string_view job_id);
absl::Status JobIsFinished(absl::string_view job_id);
absl::Status JobHasOutcome(absl::string_view job_id, absl::string_view identity);
absl::Status JobHasNoTask(absl::string_view job_id, uint32_t task);
absl::Status SeveralJobs(absl::string_view prefix);
// InvalidArgument unless it is an id or enough of one.
absl::Status CheckJobIdPrefix(absl::string_view text);

// The job as clients see it, with the present counts of its tasks.
v1::Job ShowJob(const StoredJob& stored, bool durable);

// The word that people and the store have for it: "max-failures"; empty when it is unspecified.
std::string StopReasonText(v1::StopReason reason);
// Unspecified for a word that names no reason.
v1::StopReason StopReasonNamed(absl::string_view text);

}  // namespace orch::hub
