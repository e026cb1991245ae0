// The keeper of a detached process: a fork of this program that starts the program, writes its output to a file and
// reports its end. Only detached_process.cc uses it.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "base/process/process_child.h"

namespace orch {

// The first report of a keeper. The second is the status of the program, as waitpid returns it.
struct KeeperReport {
  pid_t pid = -1;  // -1: the program did not start, see `failure`
  SpawnFailure failure;
};

// Runs the keeper in the forked child of a program with many threads: makes system calls only and never returns. Forks
// once more so that the caller's child ends immediately, runs the program of `plan` (whose descriptors are ignored) and
// stays until the program has ended. `report_fd` is the writing end of a pipe; `log_fd` gets at most `max_log` bytes of
// the output.
[[noreturn]] void KeepProcess(SpawnPlan plan, int report_fd, int log_fd, size_t max_log);

}  // namespace orch
