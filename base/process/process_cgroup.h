// Cgroups (v2) for the processes that this program starts, if the service manager has delegated a cgroup to it
// (Delegate=yes in a systemd unit). A process cannot leave its cgroup by a new session or a double fork, and
// cgroup.kill ends all processes of a cgroup at once. Thread-safe; keeps no state.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch {

// Returns the folder of this process's cgroup; empty if the cgroup is not delegated.
std::string OwnCgroup();
// Makes the cgroup `name` below it and returns the folder; empty if that fails.
std::string MakeCgroup(absl::string_view name);
// Returns the folder of the cgroup for processes that outlive their action; it is never ended. Empty if that fails.
std::string LastingCgroup();
// Kills all processes in the cgroup and in those below it, waits for their end and removes the cgroups. True if none is
// left, also if there was no such cgroup.
bool EndCgroup(const std::string& folder);
// Ends the cgroups that an earlier process of this program left behind when it was killed together with its guards.
void SweepCgroups();

// Returns a name for MakeCgroup that is never used twice.
std::string NextRunCgroup();

}  // namespace orch
