// The guard of a process: a fork of this program that starts the program, adopts its descendants
// (PR_SET_CHILD_SUBREAPER), and ends when none of them is left. Only guarded_process.cc uses it.
//
// The guard keeps the standard input of its maker open until it ends. The process of a task holds the lock on its task
// there (services/nodeagent/runner/task_folder.h), so the lock is held until all descendants have ended.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/process/process_child.h"

namespace orch {

// Commands of the maker, one byte a packet. If the maker ends, the guard acts as on kKill.
enum class GuardCommand : char {
  kTerminate = 'T',  // sends SIGTERM to all descendants of the guard
  kKill = 'K',       // sends SIGKILL until only spared processes are left
  kSpare = 'S',      // never ends the present orphans of the program; answered by kSettled
  kEndOrphans = 'O'  // ends the orphans of the program; answered by kSettled
};

// Reports of the guard, one a packet.
struct GuardReport {
  enum class Kind : int { kStarted, kSettled, kEnded };
  Kind kind = Kind::kStarted;
  pid_t pid = -1;  // of the program, for kStarted; -1: it did not start, see `failure`
  SpawnFailure failure;
  int status = 0;  // of the program, as waitpid returns it, for kEnded
};

struct GuardPlan {
  int channel = -1;         // SOCK_SEQPACKET
  int out = -1;             // reading ends of the program's outputs, to drain them for surviving processes; -1: none
  int err = -1;             //
  bool leaves = false;      // processes that the program leaves running when it ends by itself survive
  int64_t limit_ms = 0;     // the guard ends everything after this time even without a command; 0: no limit
  int cgroup_kill_fd = -1;  // cgroup.kill of the program's own cgroup; -1: none
};

// Runs the guard in the forked child of a program with many threads: makes system calls only and never returns. Reports
// kStarted first and kEnded last.
[[noreturn]] void GuardProcess(const SpawnPlan& plan, const GuardPlan& guard);

}  // namespace orch
