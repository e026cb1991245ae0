#include "auth/audit/audit_cursor.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "auth/audit/audit_line.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

// Adds the records of one file that match to `lines`, and drops the oldest ones beyond the bounds.
absl::Status CollectLast(LineReader reader, const AuditMatcher& matcher, size_t count, size_t max_bytes,
                         std::deque<std::string>* lines, size_t* bytes) {
  absl::string_view line;
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const LineReader::Result result, reader.Next(&line));
    if (result == LineReader::Result::kEnd) return absl::OkStatus();
    if (result != LineReader::Result::kLine || !matcher.Matches(line)) continue;
    lines->emplace_back(line);
    *bytes += line.size();
    while (lines->size() > count || *bytes > max_bytes) {
      *bytes -= lines->front().size();
      lines->pop_front();
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditCursor>> AuditCursor::Open(const std::string& path, uint64_t after) {
  std::unique_ptr<AuditCursor> cursor(new AuditCursor(path, after));
  ORCH_RETURN_IF_ERROR(cursor->Reopen());
  return cursor;
}

absl::Status AuditCursor::Reopen() {
  ORCH_ASSIGN_OR_RETURN(OpenedAuditLog log, OpenAuditLog(path_));
  old_.clear();
  after_ = seq_;
  for (size_t i = 0; i < log.old.size(); ++i) {
    // A file whose successor begins no later than the wanted record holds nothing that is wanted.
    const bool passed = i + 1 < log.old.size() && log.old[i + 1].first_seq <= seq_ + 1;
    if (!passed) old_.push_back(log.old[i]);
  }
  current_ = std::move(log.current);
  reader_.reset();
  reads_current_ = moved_aside_ = false;
  return absl::OkStatus();
}

absl::StatusOr<bool> AuditCursor::NextFile() {
  reader_.reset();
  while (!old_.empty()) {
    const AuditFile file = old_.front();
    old_.pop_front();
    absl::StatusOr<LineReader> opened = LineReader::Open(file.path);
    if (absl::IsNotFound(opened.status())) continue;  // a gap shows by its numbers
    ORCH_RETURN_IF_ERROR(opened.status());
    reader_ = *std::move(opened);
    return true;
  }
  if (!current_.has_value()) return false;
  reader_ = std::exchange(current_, std::nullopt);
  reads_current_ = true;
  return true;
}

bool AuditCursor::WasMovedAside() const {
  struct stat held;
  struct stat named;
  if (fstat(reader_->fd(), &held) != 0) return false;
  return stat(path_.c_str(), &named) == 0 && (named.st_ino != held.st_ino || named.st_dev != held.st_dev);
}

absl::StatusOr<std::optional<absl::string_view>> AuditCursor::Next() {
  while (true) {
    if (!reader_.has_value()) {
      ORCH_ASSIGN_OR_RETURN(const bool more, NextFile());
      if (!more) return std::nullopt;
    }
    absl::string_view line;
    ORCH_ASSIGN_OR_RETURN(const LineReader::Result result, reader_->Next(&line));
    if (result == LineReader::Result::kEnd) {
      if (!reads_current_) {
        reader_.reset();
      } else if (moved_aside_) {
        ORCH_RETURN_IF_ERROR(Reopen());
      } else if (WasMovedAside()) {
        moved_aside_ = true;  // lines may have been added before it was moved
      } else {
        return std::nullopt;
      }
      continue;
    }
    uint64_t seq = 0;
    absl::string_view time;
    if (result != LineReader::Result::kLine || !ReadAuditStart(line, &seq, &time) || seq <= after_) continue;
    seq_ = seq;
    return line;
  }
}

absl::StatusOr<std::deque<std::string>> ReadLastRecords(const std::string& path, const AuditFilter& filter,
                                                        size_t count) {
  const AuditMatcher matcher(filter);
  ORCH_ASSIGN_OR_RETURN(OpenedAuditLog log, OpenAuditLog(path));
  count = std::min(count, kMaxLast);
  std::deque<std::string> found;
  size_t bytes = 0;
  if (log.current.has_value()) {
    ORCH_RETURN_IF_ERROR(CollectLast(*std::move(log.current), matcher, count, kMaxLastBytes, &found, &bytes));
  }
  // The newest file first, until there are enough.
  for (auto file = log.old.rbegin(); file != log.old.rend() && found.size() < count; ++file) {
    absl::StatusOr<LineReader> reader = LineReader::Open(file->path);
    if (absl::IsNotFound(reader.status())) continue;
    ORCH_RETURN_IF_ERROR(reader.status());
    std::deque<std::string> older;
    size_t older_bytes = 0;
    ORCH_RETURN_IF_ERROR(
        CollectLast(*std::move(reader), matcher, count - found.size(), kMaxLastBytes - bytes, &older, &older_bytes));
    bytes += older_bytes;
    found.insert(found.begin(), std::make_move_iterator(older.begin()), std::make_move_iterator(older.end()));
  }
  return found;
}

}  // namespace orch::auth
