#include "auth/audit/audit_appender.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/audit/audit_files.h"
#include "auth/audit/audit_tail_line.h"
#include "auth/audit/line_reader.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;

absl::Status MakeFolderOf(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::exists(folder, error)) return absl::OkStatus();
  if (!folder.parent_path().empty()) std::filesystem::create_directories(folder.parent_path(), error);
  if (mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("cannot make the folder of the audit log ", path,
                                         "; set audit.file to a place that can be written, or to none"));
}

absl::StatusOr<UniqueFd> LockLog(const std::string& path) {
  const std::string file = path + ".lock";
  UniqueFd lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) {
    return ErrnoStatus(errno, absl::StrCat("cannot open ", file,
                                           ", the lock of the audit log; set audit.file to a "
                                           "place that can be written, or to none"));
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return absl::FailedPreconditionError(
      absl::StrCat("another process writes the audit log ", path, "; give each an audit.file of its own"));
}

// The number of the first record of a file; 0 if it cannot be read.
uint64_t FirstSeqOf(const std::string& path) {
  absl::StatusOr<LineReader> reader = LineReader::Open(path);
  if (!reader.ok()) return 0;
  absl::string_view line;
  const auto result = reader->Next(&line);
  if (!result.ok() || *result != LineReader::Result::kLine) return 0;
  const absl::StatusOr<AuditLink> link = ReadAuditLink(line);
  return link.ok() ? link->seq : 0;
}

// The end of the newest of the files that were moved aside.
absl::StatusOr<AuditTailLine> TailOfOldFiles(const std::string& path) {
  const absl::StatusOr<std::vector<AuditFile>> files = ListAuditFiles(path);
  if (absl::IsNotFound(files.status())) return AuditTailLine();
  ORCH_RETURN_IF_ERROR(files.status());
  for (auto file = files->rbegin(); file != files->rend(); ++file) {
    if (file->first_seq == 0) continue;
    const UniqueFd fd(open(file->path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat info;
    if (!fd.valid() || fstat(fd.get(), &info) != 0) {
      return ErrnoStatus(errno, absl::StrCat("cannot open the audit log ", file->path));
    }
    ORCH_ASSIGN_OR_RETURN(AuditTailLine tail,
                          ReadAuditTailLine(fd.get(), static_cast<uint64_t>(info.st_size), file->path));
    if (tail.torn_bytes > 0) tail.broken = absl::StrCat("the last line of ", file->path, " has no end");
    if (tail.head.seq > 0) return tail;
  }
  return AuditTailLine();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditAppender>> AuditAppender::Open(const std::string& path, Found* found) {
  ORCH_RETURN_IF_ERROR(MakeFolderOf(path));
  ORCH_ASSIGN_OR_RETURN(UniqueFd lock, LockLog(path));
  std::unique_ptr<AuditAppender> appender(new AuditAppender(path, std::move(lock)));
  ORCH_RETURN_IF_ERROR(appender->OpenFile());
  ORCH_RETURN_IF_ERROR(appender->Examine(found));
  return appender;
}

absl::Status AuditAppender::OpenFile() {
  UniqueFd fd(
      open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, kFileMode));
  if (!fd.valid()) {
    return ErrnoStatus(errno, absl::StrCat("cannot open the audit log ", path_,
                                           "; set audit.file to a place that can be written, or to none"));
  }
  struct stat info;
  if (fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("the audit log ", path_, " is no regular file"));
  }
  fd_ = std::make_shared<const UniqueFd>(std::move(fd));
  size_ = static_cast<uint64_t>(info.st_size);
  remnant_ = false;
  first_seq_ = size_ == 0 ? 0 : FirstSeqOf(path_);
  return absl::OkStatus();
}

absl::Status AuditAppender::Examine(Found* found) {
  ORCH_ASSIGN_OR_RETURN(AuditTailLine tail, ReadAuditTailLine(fd_->get(), size_, path_));
  found->torn_bytes = tail.torn_bytes;
  remnant_ = tail.torn_bytes > 0;
  size_ = tail.whole;
  if (tail.head.seq == 0) {
    const std::string broken = std::move(tail.broken);
    ORCH_ASSIGN_OR_RETURN(tail, TailOfOldFiles(path_));
    if (!broken.empty()) tail.broken = broken;
  }
  found->head = tail.head;
  found->broken = tail.broken;
  return absl::OkStatus();
}

absl::Status AuditAppender::Append(absl::string_view lines) {
  if (remnant_ && ftruncate(fd_->get(), static_cast<off_t>(size_)) != 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot cut a torn line from the audit log ", path_, ": ", strerrordesc_np(errno)));
  }
  remnant_ = false;
  ssize_t written;
  do {
    written = write(fd_->get(), lines.data(), lines.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(lines.size())) {
    if (size_ == 0) {
      const absl::StatusOr<AuditLink> link = ReadAuditLink(lines.substr(0, lines.find('\n')));
      if (link.ok()) first_seq_ = link->seq;
    }
    size_ += lines.size();
    return absl::OkStatus();
  }
  const int error = written < 0 ? errno : ENOSPC;
  remnant_ = written > 0 && ftruncate(fd_->get(), static_cast<off_t>(size_)) != 0;
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot write the audit log ", path_, ": ", strerrordesc_np(error), "; make room on the disk"));
}

absl::Status AuditAppender::Rotate(uint64_t next_seq) {
  const std::string old = OldAuditFileName(path_, first_seq_ == 0 ? next_seq - 1 : first_seq_);
  if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, old.c_str(), RENAME_NOREPLACE) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot move the full audit log ", path_, " to ", old));
  }
  const auto before = std::make_pair(fd_, size_);
  const absl::Status opened = OpenFile();
  if (opened.ok()) return opened;
  // Goes on with the full file.
  std::tie(fd_, size_) = before;
  rename(old.c_str(), path_.c_str());
  return opened;
}

absl::StatusOr<bool> AuditAppender::Follow(uint64_t next_seq) {
  struct stat named;
  struct stat held;
  if (fstat(fd_->get(), &held) != 0) return ErrnoStatus(errno, absl::StrCat("cannot look at ", path_));
  if (stat(path_.c_str(), &named) == 0 && named.st_ino == held.st_ino && named.st_dev == held.st_dev) return false;
  ORCH_RETURN_IF_ERROR(OpenFile());
  Found ignored;
  ORCH_RETURN_IF_ERROR(Examine(&ignored));
  if (first_seq_ == 0 && size_ > 0) first_seq_ = next_seq;
  return true;
}

}  // namespace orch::auth
