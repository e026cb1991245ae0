// Looks up programs as execvp does. Thread-safe; keeps no state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// The PATH of this process, or the system's default if it is unset or empty.
std::string SearchPath();

// Returns the first executable regular file `name` in the folders of `path` (separated by colons); a name that holds a
// slash is looked up as it is. NotFound if there is none, PermissionDenied if a file exists and is not executable.
absl::StatusOr<std::string> FindProgram(absl::string_view name, absl::string_view path);

// Same, in SearchPath().
absl::StatusOr<std::string> FindProgram(absl::string_view name);

}  // namespace orch
