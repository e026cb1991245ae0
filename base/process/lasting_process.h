// Starting a process that is to go on when this program ends: in a session of its own, with given
// descriptors and no pipe to us. A child of ours all the same for as long as we live: whoever started it
// reaps it.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/process/process.h"

namespace orch {

// Of `spec` argv, env, bare_env and cwd count. `in_fd` becomes its standard input and `err_fd` its
// standard error; its standard output goes nowhere. It is one of this project's own programs, and keeps the
// limits, nice value and standing with the OOM killer of this one. `cgroup`: the folder of the cgroup it
// is put into, or empty. Errors as RunProcess.
absl::StatusOr<pid_t> StartLastingProcess(const ProcessSpec& spec, int in_fd, int err_fd,
                                          const std::string& cgroup = "");

}  // namespace orch
