// Starting a process that is to go on when this program ends: in a session of its own, with given
// descriptors and no pipe to us. A child of ours all the same for as long as we live: whoever started it
// reaps it.
#pragma once

#include <sys/types.h>

#include "absl/status/statusor.h"
#include "base/process.h"

namespace orch {

// Of `spec` argv, env, bare_env and cwd count. `in_fd` becomes its standard input and `err_fd` its
// standard error; its standard output goes nowhere. Errors as RunProcess.
absl::StatusOr<pid_t> StartLastingProcess(const ProcessSpec& spec, int in_fd, int err_fd);

}  // namespace orch
