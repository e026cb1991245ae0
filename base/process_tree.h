// Processes that descend from one, in whatever session or process group they are now. Linux; reads
// /proc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace orch {

inline constexpr size_t kMaxDescendants = 4096;  // those beyond are left alone

// Children, their children and so on, as far as their parents still live; never `root` itself.
std::vector<pid_t> DescendantsOf(pid_t root);

// Stops `root` so that it starts no more, then kills (SIGKILL) all that descends from it. What
// becomes of `root`, a child of the caller, is the caller's to do at once.
void KillDescendants(pid_t root);

}  // namespace orch
