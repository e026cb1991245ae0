// Finds the process that holds the lock of a package manager. Never takes a lock and never waits. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::actions {

// Checks files that are locked with fcntl. Unavailable names the file, the pid and the program of the holder.
absl::Status CheckRecordLocks(const std::vector<std::string>& files);

// Checks files that hold the pid of a running package manager. Ignores a stale file, whose process has ended or runs
// another program (its name contains none of `programs`).
absl::Status CheckPidFiles(const std::vector<std::string>& files, const std::vector<std::string>& programs);

}  // namespace orch::actions
