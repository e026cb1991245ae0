// The data function fstat: what the file system says of one path. Never follows a symbolic link.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/json.h"

namespace orch::actions {

// Files above this size have no digest (md5 is 0): reading them would take longer than a filter may.
inline constexpr int64_t kMaxDigestedBytes = 256 << 20;

// A path that is not there is an answer too: present 0, zeros, type "unknown". Without `digest` md5 is 0.
absl::StatusOr<Json> FileStatus(const std::string& path, const Clock& clock, bool digest = true);

}  // namespace orch::actions
