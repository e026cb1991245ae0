// What is known of a job at its start and at its end. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/jobs/answer.h"
#include "cli/terminal/exit_codes.h"

namespace orch::cli {

inline constexpr size_t kMaxFilterFailures = 10'000;  // stored for one job

// What the client knows when the hub has accepted the job.
struct JobStart {
  std::string job_id;
  size_t targets = 0;
  absl::Duration discovery;
  std::vector<std::string> unknown;  // named nodes that the hub has never seen
  std::vector<std::string> offline;  // known nodes that match and are not connected: the first by name
  size_t offline_count = 0;
  bool durable = false;  // whether the job outlives hub and client
};

// A node that is no target, because a data function of the filter failed on it.
struct FilterFailure {
  std::string identity;
  std::string reason;
};

// What the client knows when the job has ended or is no longer followed. JobRun owns it and fills
// it in.
struct JobEnd {
  JobStart start;
  Tally tally;
  std::vector<std::string> silent;             // targets that gave no answer
  std::vector<std::string> not_sent;           // targets that never got the command
  std::vector<FilterFailure> filter_failures;  // sorted by identity; at most kMaxFilterFailures
  absl::Time started;
  absl::Duration agent_time;  // from acceptance to the end
  absl::Duration total_time;  // from sending
  bool accepted = false;
  bool interrupted = false;
  bool enough = false;
  std::string ended_early;  // why the hub skipped targets: "max-failures", "cancelled", …
  absl::Status error;       // why the job was cut short

  size_t answered() const { return tally.ok + tally.failed; }
  // Returns the number of targets that have an outcome of any kind.
  size_t settled() const { return answered() + silent.size() + not_sent.size(); }
  // Counts an answer under its outcome.
  void Count(const Answer& answer);
  // Returns the number of targets as people count them, which includes unknown names.
  size_t asked() const { return start.targets + start.unknown.size(); }
};

}  // namespace orch::cli
