#include "services/hub/job_store/job_store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"

namespace orch::hub {

absl::StatusOr<std::unique_ptr<JobStoreLock>> JobStoreLock::Take(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return ErrnoStatus(error.value(), absl::StrCat("cannot make the folder of job store ", path));
  const std::string name = absl::StrCat(path, ".lock");
  const int fd = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot open ", name));
  std::unique_ptr<JobStoreLock> lock(new JobStoreLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return ErrnoStatus(errno, absl::StrCat("cannot lock ", name));
  return absl::FailedPreconditionError(absl::StrCat(
      "job store ", path, " is used by another hub that runs; stop that one, or give this one another file (store)"));
}

JobStoreLock::~JobStoreLock() { close(fd_); }

}  // namespace orch::hub
