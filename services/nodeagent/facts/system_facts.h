// The running system: uptime, load, mounts, partitions, who this process is. Parsing is pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxMounts = 128;

// From /proc/uptime: system_uptime{seconds,hours,days,uptime}, uptime, uptime_seconds, uptime_hours, uptime_days.
Json UptimeFacts(absl::string_view proc_uptime);
// From /proc/loadavg: load_averages{1m,5m,15m}.
Json LoadFacts(absl::string_view proc_loadavg);

struct Mount {
  std::string device, path, filesystem;
  std::vector<std::string> options;
};
// Real file systems of /proc/self/mounts, at most kMaxMounts; \040 and the like undone.
std::vector<Mount> ParseMounts(absl::string_view proc_mounts);
// mountpoints{path{…}}. Asks sizes with statvfs(3), except of network file systems, which may hang.
Json MountFacts(const std::vector<Mount>& mounts);
// From /proc/partitions: partitions{"/dev/sda1"{size_bytes,mount,filesystem}}.
Json PartitionFacts(absl::string_view proc_partitions, const std::vector<Mount>& mounts);

// identity{user,uid,gid,group,privileged} of this process.
Json IdentityFacts();
// ssh{ed25519{type,key,fingerprints{sha256}}} from public key lines.
Json SshFacts(const std::vector<std::string>& public_keys);

}  // namespace orch::nodeagent
