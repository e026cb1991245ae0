// The keeper of a detached process, between its fork and its end. Used by detached_process.cc.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "base/process/process_child.h"

namespace orch {

// What a keeper reports first, and how the program ended second (as waitpid's status).
struct KeeperReport {
  pid_t pid = -1;  // -1: there is none, see failure
  SpawnFailure failure;
};

// For the forked child of a program with many threads: makes system calls only, never returns.
// `report_fd`: a pipe's writing end; `log_fd`: takes `max_log` bytes of the output. Forks once more
// so that the caller's child ends at once, runs the program of `plan` (whose descriptors are ignored)
// and stays until that has ended.
[[noreturn]] void KeepProcess(SpawnPlan plan, int report_fd, int log_fd, size_t max_log);

}  // namespace orch
