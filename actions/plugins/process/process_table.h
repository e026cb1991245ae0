// The processes of this machine, as /proc shows them. Reads only; blocks as long as that takes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace orch::actions {

inline constexpr size_t kMaxProcesses = 100'000;      // looked at
inline constexpr size_t kMaxCommandLineBytes = 4096;  // kept of one

struct ProcessInfo {
  pid_t pid = 0;
  pid_t ppid = 0;
  uid_t uid = 0;             // effective
  char state = '?';          // as in proc(5): R, S, D, Z, …
  std::string name;          // of the program, at most 15 bytes
  std::string command_line;  // blanks between the arguments; [name] for a kernel thread or a zombie
  int64_t memory_bytes = 0;  // virtual
  int64_t resident_bytes = 0;

  bool zombie() const { return state == 'Z'; }
};

// By pid. `root`: /proc, or a folder like it. Processes that end meanwhile are left out.
absl::StatusOr<std::vector<ProcessInfo>> ReadProcesses(const std::string& root);

}  // namespace orch::actions
