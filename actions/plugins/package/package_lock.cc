#include "actions/plugins/package/package_lock.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxPidFileBytes = 64;

// Returns empty if the process has ended.
std::string ProgramOf(pid_t pid) {
  const absl::StatusOr<std::string> name = ReadFile(absl::StrCat("/proc/", pid, "/comm"), kMaxPidFileBytes);
  return name.ok() ? std::string(absl::StripAsciiWhitespace(*name)) : "";
}

absl::Status Held(absl::string_view file, pid_t pid) {
  const std::string program = pid > 0 ? ProgramOf(pid) : "";
  return absl::UnavailableError(
      absl::StrCat("the package manager is locked by another process",
                   pid > 0 ? absl::StrCat(" (pid ", pid, program.empty() ? "" : ", ", program, ")") : "", ": ", file,
                   "; try again when it has ended"));
}

}  // namespace

absl::Status CheckRecordLocks(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) continue;  // never used, or not ours to open: the package manager will say
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    if (held) return Held(file, lock.l_pid);
  }
  return absl::OkStatus();
}

absl::Status CheckPidFiles(const std::vector<std::string>& files, const std::vector<std::string>& programs) {
  for (const std::string& file : files) {
    const absl::StatusOr<std::string> text = ReadFile(file, kMaxPidFileBytes);
    pid_t pid = 0;
    if (!text.ok() || !absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &pid) || pid <= 0) continue;
    const std::string running = absl::AsciiStrToLower(ProgramOf(pid));
    const bool known = std::any_of(programs.begin(), programs.end(), [&running](const std::string& program) {
      return absl::StrContains(running, program);
    });
    if (!running.empty() && known) return Held(file, pid);
  }
  return absl::OkStatus();
}

}  // namespace orch::actions
