// Creates secret files. Never overwrites one.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::auth {

// Writes `path` whole and durably, or not at all. AlreadyExists when something is there, also
// when it appears meanwhile.
absl::Status WriteNewFile(const std::string& path, absl::string_view contents, mode_t mode);

// PermissionDenied when group or others have any right on `path`, or when others than root and this user own it or
// could replace it (base/trusted_file.h); FailedPrecondition when it is not a regular file; NotFound. `what` names the
// kind of file in the message ("credentials file").
absl::Status CheckSecretFile(const std::string& path, absl::string_view what);

}  // namespace orch::auth
