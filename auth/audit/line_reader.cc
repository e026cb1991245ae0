#include "auth/audit/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "auth/audit/audit_line.h"
#include "base/durable_file.h"

namespace orch::auth {
namespace {

constexpr size_t kChunk = 256u << 10;

}  // namespace

absl::StatusOr<LineReader> LineReader::Open(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return ErrnoStatus(errno, absl::StrCat("cannot open the audit log ", path));
  struct stat info;
  if (fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("the audit log ", path, " is no regular file"));
  }
  return LineReader(path, std::move(fd));
}

absl::Status LineReader::Seek(uint64_t offset) {
  if (lseek(fd_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot read the audit log ", path_));
  }
  buffer_.clear();
  start_ = scanned_ = 0;
  skipping_ = false;
  offset_ = offset;
  return absl::OkStatus();
}

absl::StatusOr<bool> LineReader::Fill() {
  if (start_ > 0) {
    buffer_.erase(0, start_);
    scanned_ -= start_;
    start_ = 0;
  }
  const size_t held = buffer_.size();
  buffer_.resize(held + kChunk);
  ssize_t got;
  do {
    got = read(fd_.get(), buffer_.data() + held, kChunk);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(held + (got > 0 ? static_cast<size_t>(got) : 0));
  if (got < 0) return ErrnoStatus(errno, absl::StrCat("cannot read the audit log ", path_));
  return got > 0;
}

absl::StatusOr<LineReader::Result> LineReader::Next(absl::string_view* line) {
  while (true) {
    const size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      *line = absl::string_view(buffer_).substr(start_, end - start_);
      offset_ += line->size() + 1;
      start_ = scanned_ = end + 1;
      ++number_;
      const bool skipped = std::exchange(skipping_, false);
      return skipped || line->size() > kMaxAuditLineBytes ? Result::kTooLong : Result::kLine;
    }
    scanned_ = buffer_.size();
    if (scanned_ - start_ > kMaxAuditLineBytes) {  // keeps its beginning only
      offset_ += scanned_ - start_ - kMaxAuditLineBytes;
      buffer_.resize(start_ + kMaxAuditLineBytes);
      scanned_ = buffer_.size();
      skipping_ = true;
    }
    absl::StatusOr<bool> more = Fill();
    if (!more.ok()) return more.status();
    if (!*more) {
      *line = absl::string_view(buffer_).substr(start_);
      return Result::kEnd;
    }
  }
}

}  // namespace orch::auth
