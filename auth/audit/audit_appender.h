// The file of an audit log that is written: finds the end of the chain, appends whole lines, and moves full files
// aside. Holds a lock, so that no other process writes the same log. Owned by AuditLog, whose lock guards it. Never
// waits for the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/audit/audit_line.h"
#include "base/unique_fd.h"

namespace orch::auth {

class AuditAppender {
 public:
  // What opening found at the end of the log.
  struct Found {
    AuditHead head;           // of the last record that can be read
    uint64_t torn_bytes = 0;  // of a last line without an end, which was cut
    std::string broken;       // for people: why the last line does not prove the chain; empty if it does
  };

  // Makes file (mode 0640) and folder (0750) if they do not exist. FailedPrecondition: another process writes the log,
  // or it is no regular file. Other errors name the file and what to do.
  static absl::StatusOr<std::unique_ptr<AuditAppender>> Open(const std::string& path, Found* found);

  // Appends `lines`, which end with a line end, by one write(2). ResourceExhausted if they could not be written as a
  // whole; then nothing of them is left in the file, or the next call removes it first.
  absl::Status Append(absl::string_view lines);
  // Moves the file aside and begins a new one; `next_seq` is the number of the next record.
  absl::Status Rotate(uint64_t next_seq);
  // Begins a new file if another program has moved or deleted the file; otherwise does nothing. Returns whether it had
  // to.
  absl::StatusOr<bool> Follow(uint64_t next_seq);

  uint64_t size() const { return size_; }
  // For fdatasync by another thread; the file stays open as long as somebody holds it.
  std::shared_ptr<const UniqueFd> fd() const { return fd_; }

 private:
  AuditAppender(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  absl::Status OpenFile();
  absl::Status Examine(Found* found);

  const std::string path_;
  const UniqueFd lock_;
  std::shared_ptr<const UniqueFd> fd_;
  uint64_t size_ = 0;       // whole lines
  bool remnant_ = false;    // a cut line stands behind them
  uint64_t first_seq_ = 0;  // of the file; 0: not known, or the file is empty
};

}  // namespace orch::auth
