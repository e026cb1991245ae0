// The exit statuses of orchctl, which orchctl(1) documents. Pure.
#pragma once

#include <optional>

#include "absl/status/status.h"

namespace orch::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,          // invalid usage or input, or no node matched
  kExitSomeFailed = 2,     // some node failed or did not answer
  kExitNoAnswer = 3,       // the hub chose the nodes, and none answered
  kExitNoNamedAnswer = 4,  // the nodes were named or pinged, and none answered
  kExitDenied = 5,         // the hub refused the caller
  kExitNoHub = 6,          // the hub cannot be reached, or the connection to it broke
  kExitTooSlow = 7,        // the output was read too slowly, and the rest of it is lost
  kExitInterrupted = 130,
};

// A status carries its exit code as a payload. An error without one means kExitError.
absl::Status WithExitCode(absl::Status status, ExitCode code);
int ExitCodeOf(const absl::Status& status);

// The counts that determine the exit code of a job. Unless the job was cut short, targets = ok +
// failed + missing + not_sent.
struct Tally {
  size_t targets = 0;
  size_t ok = 0;
  size_t failed = 0;
  size_t missing = 0;   // targets that gave no answer, and names that the hub has never seen
  bool named = false;   // whether the caller named the nodes, or pinged
  size_t not_sent = 0;  // targets whose turn never came, because of max-failures, a failed canary or a cancellation
};
// Returns the exit code of a job. With `allow_missing`, nodes without an answer are no failure.
int ExitCodeOf(const Tally& tally, bool allow_missing);

}  // namespace orch::cli
