// Facts about the running system: uptime, load, mounts, partitions, identity of this process. Any thread. Only
// MountFacts and IdentityFacts ask the kernel; the other functions are pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxMounts = 128;

// Returns, from /proc/uptime, system_uptime{seconds,hours,days,uptime}, uptime, uptime_seconds, uptime_hours,
// uptime_days.
Json UptimeFacts(absl::string_view proc_uptime);
// Returns, from /proc/loadavg, load_averages{1m,5m,15m}.
Json LoadFacts(absl::string_view proc_loadavg);

struct Mount {
  std::string device, path, filesystem;
  std::vector<std::string> options;
};
// Returns the real file systems of /proc/self/mounts, at most kMaxMounts, with escapes such as \040 decoded.
std::vector<Mount> ParseMounts(absl::string_view proc_mounts);
// Returns mountpoints{path{…}}. Calls statvfs(3) for the sizes, except for network file systems, which may hang.
Json MountFacts(const std::vector<Mount>& mounts);
// Returns, from /proc/partitions, partitions{"/dev/sda1"{size_bytes,mount,filesystem}}.
Json PartitionFacts(absl::string_view proc_partitions, const std::vector<Mount>& mounts);

// Returns identity{user,uid,gid,group,privileged} of this process.
Json IdentityFacts();
// Returns ssh{ed25519{type,key,fingerprints{sha256}}} from lines of public keys.
Json SshFacts(const std::vector<std::string>& public_keys);

}  // namespace orch::nodeagent
