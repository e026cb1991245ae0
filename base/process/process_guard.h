// The guard of a process, between its fork and its end: a fork of this program that starts the program,
// adopts all that descends from it (PR_SET_CHILD_SUBREAPER), and ends when none of that is left. Used by
// guarded_process.cc.
//
// The guard keeps the standard input of its maker open until then. A task's own process has the lock on
// its task there (services/nodeagent/runner/task_folder.h), which so is held until all is over.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/process/process_child.h"

namespace orch {

// From the maker, one byte a packet. When the maker is gone, the guard acts as on kKill.
enum class GuardCommand : char {
  kTerminate = 'T',  // SIGTERM to all that descends from the guard
  kKill = 'K',       // SIGKILL, until none is left but what is spared
  kSpare = 'S',      // the program's orphans as of now are never ended; answered by kSettled
  kEndOrphans = 'O'  // the program's orphans are ended; answered by kSettled
};

// From the guard, one a packet.
struct GuardReport {
  enum class Kind : int { kStarted, kSettled, kEnded };
  Kind kind = Kind::kStarted;
  pid_t pid = -1;  // of the program, for kStarted; -1: there is none, see `failure`
  SpawnFailure failure;
  int status = 0;  // of the program, as waitpid has it, for kEnded
};

struct GuardPlan {
  int channel = -1;         // SOCK_SEQPACKET
  int out = -1;             // the reading ends of the program's outputs, or -1: read on for what lives on
  int err = -1;             //
  bool leaves = false;      // what the program leaves running when it ends by itself lives on
  int64_t limit_ms = 0;     // by then all is ended though the maker, stopped perhaps, says nothing; 0: no limit
  int cgroup_kill_fd = -1;  // cgroup.kill of the program's own cgroup, or -1
};

// For the forked child of a program with many threads: makes system calls only, never returns. Reports
// kStarted first and kEnded last.
[[noreturn]] void GuardProcess(const SpawnPlan& plan, const GuardPlan& guard);

}  // namespace orch
