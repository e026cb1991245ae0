// Reads the processes of this machine from /proc. Thread-safe; keeps no state.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace orch::actions {

inline constexpr size_t kMaxProcesses = 100'000;      // read
inline constexpr size_t kMaxCommandLineBytes = 4096;  // kept of one command line

struct ProcessInfo {
  pid_t pid = 0;
  pid_t ppid = 0;
  uid_t uid = 0;             // effective
  char state = '?';          // as in proc(5): R, S, D, Z and so on
  std::string name;          // name of the program, at most 15 bytes
  std::string command_line;  // blanks between the arguments; [name] for a kernel thread or a zombie
  int64_t memory_bytes = 0;  // virtual
  int64_t resident_bytes = 0;

  bool zombie() const { return state == 'Z'; }
};

// Returns the processes by pid; leaves out those that end meanwhile. `root` is /proc or a folder like it.
absl::StatusOr<std::vector<ProcessInfo>> ReadProcesses(const std::string& root);

}  // namespace orch::actions
