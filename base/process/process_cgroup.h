// Cgroups (v2) for what this program starts, where the service manager delegated its own to it
// (Delegate=yes in a unit of systemd). None can leave its cgroup by a new session or a double fork, and
// cgroup.kill ends all of one at once. Thread-safe: keeps no state.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch {

// The folder of this process's cgroup; empty where it is not delegated.
std::string OwnCgroup();
// Makes the cgroup `name` below that and returns its folder; empty where that cannot be.
std::string MakeCgroup(absl::string_view name);
// Where what is to live on goes: a cgroup that is never ended, below the one that was delegated. Empty as
// MakeCgroup.
std::string LastingCgroup();
// Kills all in the cgroup and in those below, waits for their end and removes them. True once none is left, also
// when there is no such cgroup.
bool EndCgroup(const std::string& folder);
// Ends the cgroups that a program of before left below this process's, killed together with its guards.
void SweepCgroups();

// Names of MakeCgroup: of one run, never used twice.
std::string NextRunCgroup();

}  // namespace orch
