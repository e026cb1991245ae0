#include "services/nodeagent/facts/system_facts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/digest.h"
#include "services/nodeagent/facts/hardware_facts.h"

namespace orch::nodeagent {
namespace {

std::vector<absl::string_view> Words(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

bool IsReal(const Mount& mount) {
  static constexpr absl::string_view kKinds[] = {"tmpfs", "overlay", "zfs", "nfs", "nfs4", "cifs", "btrfs", "9p"};
  return absl::StartsWith(mount.device, "/dev/") ||
         std::find(std::begin(kKinds), std::end(kKinds), mount.filesystem) != std::end(kKinds);
}

bool MayHang(absl::string_view filesystem) {
  return absl::StartsWith(filesystem, "nfs") || filesystem == "cifs" || absl::StartsWith(filesystem, "fuse") ||
         filesystem == "9p" || filesystem == "ceph" || filesystem == "smb3";
}

// Decodes "\040" and the like, as fstab(5) writes them.
std::string Unescape(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto octal = [&](size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      out.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
      i += 3;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

Json UptimeFacts(absl::string_view proc_uptime) {
  const std::vector<absl::string_view> words = Words(proc_uptime);
  double exact = 0;
  if (words.empty() || !absl::SimpleAtod(words[0], &exact) || exact < 0 || exact > 1e12) return Json::object();
  const int64_t seconds = static_cast<int64_t>(exact), hours = seconds / 3600, days = hours / 24;
  const std::string text = days > 1    ? absl::StrCat(days, " days")
                           : days == 1 ? "1 day"
                                       : absl::StrFormat("%d:%02d hours", hours, seconds / 60 % 60);
  return {{"system_uptime", {{"seconds", seconds}, {"hours", hours}, {"days", days}, {"uptime", text}}},
          {"uptime", text},
          {"uptime_seconds", seconds},
          {"uptime_hours", hours},
          {"uptime_days", days}};
}

Json LoadFacts(absl::string_view proc_loadavg) {
  const std::vector<absl::string_view> words = Words(proc_loadavg);
  static constexpr absl::string_view kSpans[] = {"1m", "5m", "15m"};
  Json loads = Json::object();
  for (size_t i = 0; i < std::size(kSpans) && i < words.size(); ++i) {
    double load = 0;
    if (absl::SimpleAtod(words[i], &load)) loads[std::string(kSpans[i])] = load;
  }
  return loads.empty() ? Json::object() : Json({{"load_averages", loads}});
}

std::vector<Mount> ParseMounts(absl::string_view proc_mounts) {
  std::vector<Mount> mounts;
  for (const absl::string_view line : absl::StrSplit(proc_mounts, '\n')) {
    const std::vector<absl::string_view> words = Words(line);
    if (words.size() < 4 || mounts.size() >= kMaxMounts) continue;
    Mount mount{Unescape(words[0]), Unescape(words[1]), std::string(words[2]), absl::StrSplit(words[3], ',')};
    if (IsReal(mount)) mounts.push_back(std::move(mount));
  }
  return mounts;
}

Json MountFacts(const std::vector<Mount>& mounts) {
  Json points = Json::object();
  for (const Mount& mount : mounts) {
    Json& point = points[mount.path];
    point = {{"device", mount.device}, {"filesystem", mount.filesystem}, {"options", mount.options}};
    struct statvfs info;
    if (MayHang(mount.filesystem) || statvfs(mount.path.c_str(), &info) != 0) continue;
    const uint64_t block = info.f_frsize, size = block * info.f_blocks, available = block * info.f_bavail;
    const uint64_t used = block * (info.f_blocks - std::min(info.f_blocks, info.f_bfree));
    point.update({{"size", HumanBytes(size)},
                  {"size_bytes", size},
                  {"available", HumanBytes(available)},
                  {"available_bytes", available},
                  {"used", HumanBytes(used)},
                  {"used_bytes", used},
                  {"capacity", Capacity(used, used + available)}});
  }
  return points.empty() ? Json::object() : Json({{"mountpoints", points}});
}

Json PartitionFacts(absl::string_view proc_partitions, const std::vector<Mount>& mounts) {
  Json partitions = Json::object();
  for (const absl::string_view line : absl::StrSplit(proc_partitions, '\n')) {
    const std::vector<absl::string_view> words = Words(line);
    uint64_t blocks = 0;
    if (words.size() != 4 || !absl::SimpleAtoi(words[2], &blocks) || partitions.size() >= kMaxMounts) continue;
    if (absl::StartsWith(words[3], "loop") || absl::StartsWith(words[3], "ram")) continue;
    const std::string device = absl::StrCat("/dev/", words[3]);
    Json& entry = partitions[device];
    entry = {{"size", HumanBytes(blocks * 1024)}, {"size_bytes", blocks * 1024}};
    const auto mounted = std::find_if(mounts.begin(), mounts.end(), [&](const Mount& m) { return m.device == device; });
    if (mounted != mounts.end()) entry.update({{"mount", mounted->path}, {"filesystem", mounted->filesystem}});
  }
  return partitions.empty() ? Json::object() : Json({{"partitions", partitions}});
}

Json IdentityFacts() {
  Json identity = {{"uid", geteuid()}, {"gid", getegid()}, {"privileged", geteuid() == 0}};
  char buffer[4096];
  passwd user_entry, *user = nullptr;
  if (getpwuid_r(geteuid(), &user_entry, buffer, sizeof(buffer), &user) == 0 && user != nullptr) {
    identity["user"] = user->pw_name;
  }
  group group_entry, *group = nullptr;
  if (getgrgid_r(getegid(), &group_entry, buffer, sizeof(buffer), &group) == 0 && group != nullptr) {
    identity["group"] = group->gr_name;
  }
  Json facts = {{"identity", identity}};
  if (identity.contains("user")) facts["id"] = identity["user"];
  return facts;
}

Json SshFacts(const std::vector<std::string>& public_keys) {
  Json ssh = Json::object();
  for (const std::string& line : public_keys) {
    const std::vector<absl::string_view> words = Words(absl::StripAsciiWhitespace(line));
    std::string raw;
    if (words.size() < 2 || !absl::Base64Unescape(words[1], &raw)) continue;
    struct Kind {
      absl::string_view type, name;
      int number;  // RFC 4255, 6594, 7479
    };
    static constexpr Kind kKinds[] = {
        {"ssh-rsa", "rsa", 1}, {"ssh-dss", "dsa", 2}, {"ecdsa", "ecdsa", 3}, {"ssh-ed25519", "ed25519", 4}};
    for (const Kind& kind : kKinds) {
      if (!absl::StartsWith(words[0], kind.type)) continue;
      const std::string print = absl::StrCat("SSHFP ", kind.number, " 2 ", absl::BytesToHexString(Sha256(raw)));
      ssh[std::string(kind.name)] = {
          {"type", std::string(words[0])}, {"key", std::string(words[1])}, {"fingerprints", {{"sha256", print}}}};
    }
  }
  return ssh.empty() ? Json::object() : Json({{"ssh", ssh}});
}

}  // namespace orch::nodeagent
