// What orchctl's exit status means. Documented in orchctl(1).
#pragma once

#include <optional>

#include "absl/status/status.h"

namespace orch::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,          // wrong usage or input, or no node matched
  kExitSomeFailed = 2,     // some node failed or did not answer
  kExitNoAnswer = 3,       // nodes were chosen by the hub, none answered
  kExitNoNamedAnswer = 4,  // nodes were named (or pinged), none answered
  kExitDenied = 5,         // the hub refused the caller
  kExitNoHub = 6,          // the hub cannot be reached, or the connection to it broke
  kExitTooSlow = 7,        // the output was read too slowly, and the rest of it is nowhere kept
  kExitInterrupted = 130,
};

// Statuses carry their exit code as a payload; without one it is kExitError.
absl::Status WithExitCode(absl::Status status, ExitCode code);
int ExitCodeOf(const absl::Status& status);

// The counts an exit code is made of. targets = ok + failed + missing + not_sent when nothing was cut short.
struct Tally {
  size_t targets = 0;
  size_t ok = 0;
  size_t failed = 0;
  size_t missing = 0;   // targets without an answer of their own, and names the hub never saw
  bool named = false;   // the caller named the nodes, or pinged: nothing was discovered first
  size_t not_sent = 0;  // targets whose turn never came: max-failures, a failed canary, a cancelled job
};
int ExitCodeOf(const Tally& tally, bool allow_missing);

}  // namespace orch::cli
