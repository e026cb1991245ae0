#include "base/process/process_cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"

namespace orch {
namespace {

constexpr long kCgroup2Magic = 0x63677270;
constexpr int kMaxLooks = 500;  // for an empty cgroup, 10 ms apart
constexpr int kLookMs = 10;
constexpr absl::string_view kRun = "run-";
constexpr char kLasting[] = "lasting";

// The mount points of cgroups v2: alone, or beside those of v1.
std::string Mount() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs info;
    if (statfs(path, &info) == 0 && info.f_type == kCgroup2Magic) return path;
  }
  return "";
}

// systemd marks delegated cgroups with these; the first is for root only, and the second exists since version 251.
bool IsDelegated(const std::string& folder) {
  for (const char* mark : {"trusted.delegate", "user.delegate"}) {
    char value = 0;
    if (getxattr(folder.c_str(), mark, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

// The cgroup of this process, and the delegated one above it or equal to it.
struct CgroupPlace {
  std::string own;
  std::string delegated;
};

CgroupPlace FindCgroupPlace() {
  const std::string mount = Mount();
  const absl::StatusOr<std::string> text = ReadFile("/proc/self/cgroup", 1u << 16);
  if (mount.empty() || !text.ok()) return {};
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (!absl::ConsumePrefix(&line, "0::/")) continue;
    CgroupPlace place{absl::StrCat(mount, "/", line), ""};
    for (std::string folder = place.own; folder.size() > mount.size(); folder.resize(folder.rfind('/'))) {
      if (!IsDelegated(folder)) continue;
      place.delegated = folder;
      return place;
    }
  }
  return {};
}

std::string Make(const std::string& folder) {
  return mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST ? folder : "";
}

bool IsPopulated(const std::string& folder) {
  const absl::StatusOr<std::string> events = ReadFile(absl::StrCat(folder, "/cgroup.events"), 4096);
  return events.ok() && absl::StrContains(*events, "populated 1");
}

// Removes folders only; their files belong to the kernel and cannot be removed.
void RemoveFolders(const std::string& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory(error)) RemoveFolders(at->path());
  }
  rmdir(folder.c_str());
}

}  // namespace

std::string OwnCgroup() {
  CgroupPlace place = FindCgroupPlace();
  return place.delegated.empty() ? "" : std::move(place.own);
}

std::string MakeCgroup(absl::string_view name) {
  const std::string own = OwnCgroup();
  return own.empty() ? "" : Make(absl::StrCat(own, "/", name));
}

std::string LastingCgroup() {
  const CgroupPlace place = FindCgroupPlace();
  return place.delegated.empty() ? "" : Make(absl::StrCat(place.delegated, "/", kLasting));
}

bool EndCgroup(const std::string& folder) {
  if (folder.empty() || access(folder.c_str(), F_OK) != 0) return true;
  for (int look = 0; IsPopulated(folder); ++look) {
    if (look == kMaxLooks) return false;
    const int all = open(absl::StrCat(folder, "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC);
    if (all < 0 || write(all, "1", 1) != 1) look = kMaxLooks - 1;  // a kernel before 5.14
    if (all >= 0) close(all);
    poll(nullptr, 0, kLookMs);
  }
  RemoveFolders(folder);
  return true;
}

std::string NextRunCgroup() {
  static std::atomic<uint64_t> last{0};
  return absl::StrCat(kRun, getpid(), "-", ++last);
}

void SweepCgroups() {
  std::error_code error;
  for (std::filesystem::directory_iterator at(OwnCgroup(), error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    absl::string_view rest = name;
    int maker = 0;
    if (!absl::ConsumePrefix(&rest, kRun) || !absl::SimpleAtoi(rest.substr(0, rest.find('-')), &maker)) continue;
    if (maker == getpid() || kill(maker, 0) != 0) EndCgroup(at->path());
  }
}

}  // namespace orch
