// Starts a process that continues when this program ends: in a session of its own, with given descriptors and no pipe
// to this program. It is still a child of this program, and the caller reaps it. Thread-safe; keeps no state.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/process/process_spec.h"

namespace orch {

// Only argv, env, bare_env and cwd of `spec` are used. `in_fd` becomes its standard input and `err_fd` its standard
// error; its standard output is discarded. The program must be one of this project's own: it keeps the limits, nice
// value and OOM score of this process. `cgroup` is the folder of its cgroup, or empty. Returns the pid, or an error of
// RunProcess.
absl::StatusOr<pid_t> StartLastingProcess(const ProcessSpec& spec, int in_fd, int err_fd,
                                          const std::string& cgroup = "");

}  // namespace orch
