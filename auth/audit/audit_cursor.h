// A place in an audit log from which records are read one after another, through files that are moved aside meanwhile,
// and on as the log grows. Holds one file open and a bounded piece of it. Not thread-safe; reading blocks on the disk.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/audit/audit_files.h"
#include "auth/audit/audit_filter.h"
#include "auth/audit/line_reader.h"

namespace orch::auth {

class AuditCursor {
 public:
  // Begins after record number `after`; 0: at the first one that is kept. Errors: OpenAuditLog.
  static absl::StatusOr<std::unique_ptr<AuditCursor>> Open(const std::string& path, uint64_t after);

  // The next record's line, valid until the next call; nullopt at the present end of the log. Lines that are no records
  // are passed over; whether any are missing is the chain's business (AuditChain). Errors name the file.
  absl::StatusOr<std::optional<absl::string_view>> Next();

  uint64_t seq() const { return seq_; }  // of the record that was returned last

 private:
  AuditCursor(std::string path, uint64_t after) : path_(std::move(path)), after_(after), seq_(after) {}
  absl::Status Reopen();
  // Goes to the next file; false if there is none yet.
  absl::StatusOr<bool> NextFile();
  bool WasMovedAside() const;

  const std::string path_;
  uint64_t after_;  // records up to this number are passed over
  uint64_t seq_;
  std::deque<AuditFile> old_;          // still to be read
  std::optional<LineReader> current_;  // read after them
  std::optional<LineReader> reader_;   // the file that is being read
  bool reads_current_ = false;
  bool moved_aside_ = false;  // the file that is being read gets no more lines
};

// The last records that match, at most `count` and at most kMaxLastBytes of them, the oldest first. Errors:
// OpenAuditLog.
inline constexpr size_t kMaxLast = 100'000;
inline constexpr size_t kMaxLastBytes = 32u << 20;
absl::StatusOr<std::deque<std::string>> ReadLastRecords(const std::string& path, const AuditFilter& filter,
                                                        size_t count);

}  // namespace orch::auth
