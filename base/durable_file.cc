#include "base/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch {
namespace {

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, absl::StrCat("cannot write ", path));
    }
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  if (fsync(fd) != 0) return ErrnoStatus(errno, absl::StrCat("cannot sync ", path));
  return absl::OkStatus();
}

}  // namespace

absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot open folder ", folder));
  const int rc = fsync(fd);
  const int error = errno;
  close(fd);
  return rc == 0 ? absl::OkStatus() : ErrnoStatus(error, absl::StrCat("cannot sync folder ", folder));
}

absl::Status ErrnoStatus(int error, absl::string_view what_failed) {
  const std::string message = absl::StrCat(what_failed, ": ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case EEXIST:
      return absl::AlreadyExistsError(message);
    case ENOSPC:
    case EDQUOT:
    case EAGAIN:
    case EINTR:
      return absl::UnavailableError(message);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return absl::ResourceExhaustedError(message);
    case EINVAL:
    case ENAMETOOLONG:
      return absl::InvalidArgumentError(message);
    default:
      return absl::FailedPreconditionError(message);
  }
}

namespace {

// `prepare` sets owner and mode of the temporary file and returns 0, or -1 with errno.
absl::Status WriteAndRename(const std::string& path, absl::string_view contents,
                            absl::FunctionRef<int(int fd)> prepare) {
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot create a file beside ", path));
  absl::Cleanup remove = [&temporary] { unlink(temporary.c_str()); };
  absl::Status written = prepare(fd) == 0 ? WriteAll(fd, contents, path)
                                          : ErrnoStatus(errno, absl::StrCat("cannot set the owner and mode of ", path));
  close(fd);
  ORCH_RETURN_IF_ERROR(written);
  if (rename(temporary.c_str(), path.c_str()) != 0) return ErrnoStatus(errno, absl::StrCat("cannot replace ", path));
  std::move(remove).Cancel();
  return SyncFolderOf(path);
}

}  // namespace

absl::Status WriteFileDurably(const std::string& path, absl::string_view contents, mode_t mode) {
  return WriteAndRename(path, contents, [mode](int fd) { return fchmod(fd, mode); });
}

absl::Status ReplaceFileDurably(const std::string& path, absl::string_view contents) {
  struct stat old;
  if (stat(path.c_str(), &old) != 0) return ErrnoStatus(errno, absl::StrCat("cannot replace ", path));
  return WriteAndRename(path, contents, [&old](int fd) {
    const bool ours = old.st_uid == geteuid() && old.st_gid == getegid();
    if (!ours && fchown(fd, old.st_uid, old.st_gid) != 0) return -1;
    return fchmod(fd, old.st_mode & 07777);
  });
}

absl::Status SetRoomAside(const std::string& path, size_t bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", path));
  const absl::Cleanup close_file = [fd] { close(fd); };
  if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0 || errno == EOPNOTSUPP || errno == ENOSYS ||
      errno == EINTR) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, absl::StrCat("cannot set aside room in ", path));
}

absl::Status WriteIntoRoom(const std::string& room, const std::string& path, absl::string_view contents) {
  const int fd = open(room.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot open ", room));
  const absl::Cleanup close_file = [fd] { close(fd); };
  ORCH_RETURN_IF_ERROR(WriteAll(fd, contents, path));
  // Removes the rest of an earlier attempt that wrote more.
  if (ftruncate(fd, static_cast<off_t>(contents.size())) != 0 || fsync(fd) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot sync ", room));
  }
  if (rename(room.c_str(), path.c_str()) != 0) return ErrnoStatus(errno, absl::StrCat("cannot replace ", path));
  return SyncFolderOf(path);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot open ", path));
  absl::Cleanup close_file = [fd] { close(fd); };
  std::string contents;
  char buffer[16384];
  while (true) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, absl::StrCat("cannot read ", path));
    }
    if (got == 0) return contents;
    if (contents.size() + static_cast<size_t>(got) > max_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(path, " holds more than the ", max_bytes, " bytes accepted"));
    }
    contents.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace orch
