// The state of one path in the file system, for the data function fstat and the plugin filemgr. Never follows a
// symbolic link. Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/json.h"

namespace orch::actions {

// Larger files get no digest (md5 is 0), because reading them would exceed the time of a filter.
inline constexpr int64_t kMaxDigestedBytes = 256 << 20;

// A missing path is a result, too: present 0, zeros, type "unknown". Without `digest`, md5 is 0.
absl::StatusOr<Json> FileStatus(const std::string& path, const Clock& clock, bool digest = true);

}  // namespace orch::actions
