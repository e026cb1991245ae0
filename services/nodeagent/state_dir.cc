#include "services/nodeagent/state_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch::nodeagent {
namespace {

constexpr mode_t kMode = 0700;

absl::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), kMode) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, absl::StrCat("cannot make the folder ", path, "; set state_dir to one that can be made"));
  }
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, absl::StrCat("cannot look at ", path));
  if (!S_ISDIR(info.st_mode)) return absl::FailedPreconditionError(absl::StrCat(path, " is no folder"));
  if (info.st_uid != geteuid()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " belongs to user ", info.st_uid, ", not to the agent's (", geteuid(), ")"));
  }
  if ((info.st_mode & 07777) != kMode && chmod(path.c_str(), kMode) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot set the mode of ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateDir>> StateDir::Open(const std::string& path) {
  std::error_code ignored;  // MakeFolder says what is wrong
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  ORCH_RETURN_IF_ERROR(MakeFolder(path));
  const std::string file = path + "/lock";
  UniqueFd lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) return ErrnoStatus(errno, absl::StrCat("cannot open ", file));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("another node agent uses the folder ", path, "; give each a state_dir of its own"));
  }
  std::unique_ptr<StateDir> dir(new StateDir(path, std::move(lock)));
  ORCH_RETURN_IF_ERROR(MakeFolder(dir->tasks()));
  return dir;
}

}  // namespace orch::nodeagent
