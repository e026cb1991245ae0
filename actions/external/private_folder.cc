#include "actions/external/private_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kPrefix[] = "orch-plugin.";
constexpr int kMaxAttempts = 10;

std::string Parent() {
  const char* base = getenv("TMPDIR");
  return base == nullptr || base[0] != '/' ? "/tmp" : base;
}

// Returns a descriptor of the locked folder; negative if it is in use, does not exist, or is open to other users.
int LockOwn(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat info;
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &info) == 0 && info.st_uid == geteuid() &&
      (info.st_mode & 077) == 0 && info.st_nlink > 0) {
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno != EINTR) return ErrnoStatus(errno, absl::StrCat("cannot write ", path));
    if (wrote > 0) bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

}  // namespace

PrivateFolder::PrivateFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

absl::StatusOr<std::unique_ptr<PrivateFolder>> PrivateFolder::Create() {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    std::string path = absl::StrCat(Parent(), "/", kPrefix, "XXXXXX");
    if (mkdtemp(path.data()) == nullptr) return ErrnoStatus(errno, absl::StrCat("cannot make a folder ", path));
    const int lock = LockOwn(path);
    if (lock >= 0) return std::unique_ptr<PrivateFolder>(new PrivateFolder(std::move(path), lock));
    rmdir(path.c_str());  // an agent's sweep was quicker
  }
  return absl::UnavailableError(absl::StrCat("cannot lock a folder of its own in ", Parent()));
}

void PrivateFolder::SweepLeft() {
  std::error_code error;
  size_t swept = 0;
  for (std::filesystem::directory_iterator at(Parent(), error), end; !error && at != end; at.increment(error)) {
    const std::string path = at->path();
    if (!absl::StartsWith(at->path().filename().string(), kPrefix)) continue;
    const int lock = LockOwn(path);
    if (lock < 0) continue;
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    close(lock);
    ++swept;
  }
  if (swept > 0) LogInfo("removed folders of plugins' calls that were cut short", {{"folders", absl::StrCat(swept)}});
}

PrivateFolder::~PrivateFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) LogWarning("cannot remove a plugin's folder", {{"folder", path_}, {"why", error.message()}});
  close(lock_);
}

std::string PrivateFolder::File(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

absl::Status PrivateFolder::Write(absl::string_view name, absl::string_view contents) const {
  const std::string path = File(name);
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot create ", path));
  const absl::Status written = WriteAll(fd, contents, path);
  close(fd);
  if (written.ok() && rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const absl::Status problem = written.ok() ? ErrnoStatus(errno, absl::StrCat("cannot create ", path)) : written;
  unlink(temporary.c_str());
  return problem;
}

absl::StatusOr<std::string> PrivateFolder::Read(absl::string_view name, size_t max_bytes) const {
  const std::string path = File(name);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return absl::NotFoundError("there is none");
  if (fd < 0) return absl::FailedPreconditionError(ErrnoStatus(errno, "it cannot be opened").message());
  const absl::Cleanup close_file = [fd] { close(fd); };
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return absl::FailedPreconditionError("it is no regular file");
  const auto too_large = [max_bytes](absl::string_view size) {
    return absl::ResourceExhaustedError(
        absl::StrCat("it holds ", size, " bytes, at most ", max_bytes, " are accepted"));
  };
  if (static_cast<size_t>(info.st_size) > max_bytes) return too_large(absl::StrCat(info.st_size));
  std::string contents(static_cast<size_t>(info.st_size), '\0');
  size_t have = 0;
  while (have < contents.size()) {
    const ssize_t got = read(fd, contents.data() + have, contents.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, absl::StrCat("cannot read ", path));
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  contents.resize(have);
  return contents;
}

}  // namespace orch::actions
