// Runs a program to its end. The project starts processes only here and in worker_process.h, detached_process.h,
// lasting_process.h and process_foreground.h beside it. Thread-safe; keeps no state.
#pragma once

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/process/process_spec.h"

namespace orch {

// Blocks until the process has ended. The child leads a session of its own. All descendants have ended when this
// returns, whatever sessions and process groups they made for themselves, unless `spec.leaves`; they also end when
// this program is killed. Returns NotFound if the program does not exist, PermissionDenied if it is not executable,
// and ResourceExhausted if no process or descriptor is available.
absl::StatusOr<ProcessResult> RunProcess(const ProcessSpec& spec, const Clock& clock);

}  // namespace orch
