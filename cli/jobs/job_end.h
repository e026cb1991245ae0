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

inline constexpr size_t kMaxFilterFailures = 10'000;  // kept of one job

// Known once the hub has accepted the job.
struct JobStart {
  std::string job_id;
  size_t targets = 0;
  absl::Duration discovery;
  std::vector<std::string> unknown;  // named, never seen by the hub
  std::vector<std::string> offline;  // known, match, not connected: the first by name, named targets included
  size_t offline_count = 0;
  bool durable = false;  // the job outlives hub and client
};

// A node that is no target because a data function of the filter failed there.
struct FilterFailure {
  std::string identity;
  std::string reason;
};

struct JobEnd {
  JobStart start;
  Tally tally;
  std::vector<std::string> silent;             // targets without an answer of their own
  std::vector<std::string> not_sent;           // targets that were never sent the command
  std::vector<FilterFailure> filter_failures;  // by identity; at most kMaxFilterFailures
  absl::Time started;
  absl::Duration agent_time;  // from acceptance to the end
  absl::Duration total_time;  // from sending
  bool accepted = false;
  bool interrupted = false;
  bool enough = false;
  std::string ended_early;  // why the hub left out targets: "max-failures", "cancelled", …
  absl::Status error;       // why it was cut short

  size_t answered() const { return tally.ok + tally.failed; }
  // Targets that have their outcome, whatever it is.
  size_t settled() const { return answered() + silent.size() + not_sent.size(); }
  void Count(const Answer& answer);
  // Targets as people count them: unknown names were asked for too.
  size_t asked() const { return start.targets + start.unknown.size(); }
};

}  // namespace orch::cli
