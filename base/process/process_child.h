// The code between fork and exec. The caller prepares everything before, so that the child makes system calls only.
// Only base/process uses it.
#pragma once

#include <sys/types.h>

namespace orch {

// Why the program did not start: the step that failed, and errno.
struct SpawnFailure {
  enum class Stage : int { kNone, kFork, kFolder, kDescriptors, kExec };
  Stage stage = Stage::kNone;
  int error = 0;
};

// The pointers must outlive the call. Descriptors are 3 or above.
struct SpawnPlan {
  const char* path;
  char* const* argv;
  char* const* envp;
  const char* cwd;
  int stdin_fd;
  int stdout_fd;
  int stderr_fd;
  int cgroup_fd = -1;      // cgroup.procs of the child's cgroup; -1: the parent's cgroup
  bool as_parent = false;  // keeps this process's limits, nice value and OOM score
};

// Starts the program as the leader of a session and process group of its own, with default signal handlers, no blocked
// signal, umask 022 and no descriptors but 0, 1 and 2. Unless `as_parent`, the child also gets the defaults of a
// service as far as it may set them: a soft limit of 1024 open files (the hard limit stays), nice 0, no I/O priority
// and oom_score_adj 0. Returns its pid, or -1 with `failure` set. Blocks until the program has started.
pid_t SpawnChild(const SpawnPlan& plan, SpawnFailure* failure);

}  // namespace orch
