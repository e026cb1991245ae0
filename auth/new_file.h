// Creates and checks files that hold secrets. Never overwrites a file. Thread-safe; keeps no state.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::auth {

// Writes `path` completely and durably, or not at all. AlreadyExists if the path exists, even if it appears meanwhile.
absl::Status WriteNewFile(const std::string& path, absl::string_view contents, mode_t mode);

// PermissionDenied if group or others have any right on `path`, or if anybody but root and this user owns it or could
// replace it (base/trusted_file.h); FailedPrecondition if it is not a regular file; NotFound. `what` names the kind of
// file in the message ("credentials file").
absl::Status CheckSecretFile(const std::string& path, absl::string_view what);

}  // namespace orch::auth
