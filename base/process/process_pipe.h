// Descriptors for a child process. Used by base/process only. Thread-safe; keeps no state.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/unique_fd.h"

namespace orch {

// ResourceExhausted with `what` and the text of errno.
absl::Status NoResource(absl::string_view what);

// Makes a blocking pipe. Both ends are close-on-exec and numbered 3 or above, where the child's dup2 does not overwrite
// them.
absl::Status MakePipe(UniqueFd* read_end, UniqueFd* write_end);

}  // namespace orch
