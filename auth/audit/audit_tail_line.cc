#include "auth/audit/audit_tail_line.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"

namespace orch::auth {
namespace {

// So much of the end holds a whole line and the torn beginning of another.
constexpr uint64_t kTailBytes = 2 * (kMaxAuditLineBytes + 1) + 1;

absl::StatusOr<std::string> ReadEnd(int fd, uint64_t size, const std::string& path) {
  std::string text(std::min(size, kTailBytes), '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t got =
        pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(size - text.size() + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, absl::StrCat("cannot read the audit log ", path));
    if (got == 0) return absl::AbortedError(absl::StrCat("the audit log ", path, " became shorter while it was read"));
    done += static_cast<size_t>(got);
  }
  return text;
}

}  // namespace

absl::StatusOr<AuditTailLine> ReadAuditTailLine(int fd, uint64_t size, const std::string& path) {
  AuditTailLine tail;
  absl::StatusOr<std::string> read = ReadEnd(fd, size, path);
  if (!read.ok()) return read.status();
  absl::string_view text = *read;
  const size_t end = text.rfind('\n');
  if (end == absl::string_view::npos) {
    // A file whose only line is torn, or bytes that are no log.
    tail.torn_bytes = size <= kTailBytes ? size : 0;
    tail.whole = size - tail.torn_bytes;
    if (tail.whole > 0) tail.broken = absl::StrCat("the end of ", path, " is no record");
    return tail;
  }
  tail.torn_bytes = text.size() - end - 1;
  tail.whole = size - tail.torn_bytes;
  text = text.substr(0, end);
  while (true) {
    const size_t before = text.rfind('\n');
    const absl::string_view line = before == absl::string_view::npos ? text : text.substr(before + 1);
    const absl::StatusOr<AuditLink> link = ReadAuditLink(line);
    if (link.ok()) {
      tail.head = {link->seq, link->hash};
      if (!link->fits && tail.broken.empty()) {
        tail.broken = absl::StrCat("the last record of ", path, ", number ", link->seq, ", was changed");
      }
      return tail;
    }
    if (tail.broken.empty()) tail.broken = absl::StrCat("the last line of ", path, " is no record");
    if (before == absl::string_view::npos) return tail;
    text = text.substr(0, before);
  }
}

}  // namespace orch::auth
