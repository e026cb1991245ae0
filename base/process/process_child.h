// What happens between fork and exec, and nothing else: everything is prepared before, so that the
// child makes system calls only. Used by process.cc.
#pragma once

#include <sys/types.h>

namespace orch {

// Why no program came up: where it stopped, and errno.
struct SpawnFailure {
  enum class Stage : int { kNone, kFork, kFolder, kDescriptors, kExec };
  Stage stage = Stage::kNone;
  int error = 0;
};

// Plain pointers that outlive the call. Descriptors are at least 3.
struct SpawnPlan {
  const char* path;
  char* const* argv;
  char* const* envp;
  const char* cwd;
  int stdin_fd;
  int stdout_fd;
  int stderr_fd;
  int cgroup_fd = -1;      // cgroup.procs of the cgroup it is to be in; -1: the one of its parent
  bool as_parent = false;  // keeps this process's limits, nice value and standing with the OOM killer
};

// The pid of a child that runs the program as leader of a session and process group of its own,
// with default signal handlers, nothing blocked, umask 022 and no descriptor but 0, 1 and 2; unless
// `as_parent` with what a service gets by default: a soft limit of 1024 open files (the hard one stays),
// nice 0, no I/O priority and an oom_score_adj of 0, as far as it may. Returns -1 with `failure` set when there is
// none. Blocks until the program was started.
pid_t SpawnChild(const SpawnPlan& plan, SpawnFailure* failure);

}  // namespace orch
