// What a job store keeps and returns: plain data, and the checks and messages that all stores share.
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

// The part of a rollout that survives a restart of the hub.
struct RolloutState {
  v1::JobState state = v1::JOB_RUNNING;  // or JOB_PAUSED, JOB_PENDING_APPROVAL
  std::string paused_because;
  v1::StopReason stop_reason = v1::STOP_REASON_UNSPECIFIED;
  std::string detail;  // the rollout's own, opaque here
};

struct StoredJob {
  std::string job_id;            // 32 hex digits
  std::string caller;            // client=peadmin
  v1::JobSpec spec;              // sensitive inputs as ***
  bool inputs_withheld = false;  // some inputs are missing: the stored job cannot be sent again
  v1::JobAccepted accepted;      // as it was sent to the client
  int64_t created_us = 0;
  absl::Duration run_limit;  // the node ends the action after this time
  absl::Duration deadline;   // the hub stops waiting for a task after this time
  std::string plan;          // further data of the dispatcher, opaque here
  uint32_t targets = 0;      // a filtered task is no longer counted
  // Maintained by the store.
  RolloutState rollout;
  uint32_t ok = 0, failed = 0, missing = 0;
  int64_t finished_us = 0;
  std::optional<v1::JobSummary> summary;  // set once finished

  v1::JobState state() const { return summary ? v1::JOB_FINISHED : rollout.state; }
};

// A move of a task that is not its outcome.
struct TaskChange {
  uint32_t task = 0;               // index in the job's targets
  v1::TaskState state = v1::SENT;  // or PENDING: the task waits for its release or its next one
  uint16_t attempt = 1;            // from 1
  bool filtered = false;           // the node said that it is no target; no change follows
};

// A task as the store returns it at the hub's start.
struct StoredTask {
  std::string identity;
  v1::TaskState state = v1::PENDING;  // PENDING, SENT, or the outcome's
  uint16_t attempt = 0;               // 0: never released
  bool filtered = false;
  int64_t changed_us = 0;  // wall clock, when the last TaskChange was written; 0: never
};

struct UnfinishedJob {
  StoredJob job;
  std::vector<StoredTask> tasks;
  uint64_t replies = 0;  // how many outcomes are stored, and the number of the last one
};

// Which jobs a list contains. A member that is not set excludes nothing.
struct JobFilter {
  std::string caller, plugin, action;
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  int64_t created_after_us = 0;  // 0: no bound
  int64_t created_before_us = 0;
};
bool Fits(const JobFilter& filter, const StoredJob& job);

struct JobPage {
  std::vector<StoredJob> jobs;
  uint64_t next = 0;  // 0: there are no more jobs
};

// A page ends before its size exceeds this; one job always fits.
inline constexpr size_t kMaxJobPageBytes = 3u << 20;
size_t BytesInPage(const StoredJob& job);

struct ReplyQuery {
  uint64_t from = 1;  // number of the first reply of the page
  size_t limit = 1000;
  size_t bytes = 3u << 20;            // a page ends before its size exceeds this; one reply always fits
  std::vector<v1::TaskState> states;  // empty: all
};

struct StoredReply {
  uint64_t number = 0;
  v1::Reply reply;
};

struct ReplyPage {
  std::vector<StoredReply> replies;
  uint64_t next = 0;  // `from` of the next page; 0: there are no more replies yet
};

// Adds one outcome to the job's count of ok, failed or missing.
void CountOutcome(v1::TaskState state, StoredJob* job);

struct StoreStats {
  std::string place;  // a file, or "memory"
  bool durable = false;
  uint64_t jobs = 0;
  uint64_t bytes = 0;
  std::string problem;  // why writes fail at present; empty when they succeed
};

// Errors that have the same text in every store.
absl::Status NoSuchJob(absl::string_view job_id);
absl::Status JobIsFinished(absl::string_view job_id);
absl::Status JobHasOutcome(absl::string_view job_id, absl::string_view identity);
absl::Status JobHasNoTask(absl::string_view job_id, uint32_t task);
absl::Status SeveralJobs(absl::string_view prefix);
// InvalidArgument unless `text` is an id or enough digits of one.
absl::Status CheckJobIdPrefix(absl::string_view text);

// The job as it is shown to clients, with the present counts of its tasks.
v1::Job ShowJob(const StoredJob& stored, bool durable);

// The word that people and the store have for it: "max-failures"; empty when it is unspecified.
std::string StopReasonText(v1::StopReason reason);
// Unspecified for a word that names no reason.
v1::StopReason StopReasonNamed(absl::string_view text);

}  // namespace orch::hub
