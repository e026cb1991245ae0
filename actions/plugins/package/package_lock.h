// Who holds a package manager's lock. Asking takes no lock and waits for nothing.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::actions {

// Files locked with fcntl. Unavailable names the file, the pid and its program.
absl::Status CheckRecordLocks(const std::vector<std::string>& files);

// Files that hold the pid of the running package manager; a stale one, whose process is gone or is
// another program (its name holds none of `programs`), does not count.
absl::Status CheckPidFiles(const std::vector<std::string>& files, const std::vector<std::string>& programs);

}  // namespace orch::actions
