// The audit log of a program: an append-only file of JSON lines, chained by hash (docs/AUDIT.md). Owned by main or by
// the program's root object. Thread-safe; its lock is a leaf. A write costs one write(2) and waits for no disk: a
// thread of the log's own brings lines to the disk, at most once in kSyncEvery, and to systemd's journal. Full files
// are moved aside, and the oldest are deleted. Never blocks on the journal.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/audit/audit_appender.h"
#include "auth/audit/audit_line.h"
#include "auth/audit/audit_sink.h"
#include "base/clock.h"
#include "base/loop_executor.h"
#include "base/mutex.h"

namespace orch::auth {

class AuditLog final : public AuditSink {
 public:
  static constexpr absl::Duration kSyncEvery = absl::Seconds(1);
  static constexpr size_t kRecentHeads = 16'384;     // answered from memory
  static constexpr size_t kMaxJournalLines = 1'024;  // that wait for the journal; further ones are not sent there

  // Sends a line to systemd's journal (base/daemon/system_journal.h).
  using JournalSender = std::function<absl::Status(absl::string_view program, absl::string_view line)>;

  struct Options {
    std::string path;
    bool required = false;
    uint64_t max_size = uint64_t{64} << 20;  // bytes of a file before it is moved aside
    size_t keep = 10;                        // files moved aside that are kept
    JournalSender journal;                   // takes the lines too; null: no journal does
    std::string program = "orch-audit";      // the identifier there
  };

  // Opens the log and goes on with its chain. Records what it finds wrong: a torn last line ("audit.torn"), a last
  // record that does not prove the chain ("chain.broken"). Errors: AuditAppender::Open.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Create(Options options, const Clock* clock);
  // Brings the last lines to the disk.
  ~AuditLog() override;

  // ResourceExhausted if the record could not be written. It is counted, and when writing works again a record
  // "audit.lost" tells the number.
  absl::Status Write(const AuditRecord& record) override;
  bool required() const override { return options_.required; }

  const std::string& path() const { return options_.path; }
  AuditHead head() const;
  // The newest record that is on the disk and will be there after a power cut.
  AuditHead synced_head() const;
  // For people: why the log cannot be written, or was found broken; empty if all is well.
  std::string problem() const;

  // Whether a head that somebody remembers is in this log.
  enum class Memory { kAgrees, kDiffers, kNotRecent };
  // kNotRecent: older than the last kRecentHeads records, or from before this process; the files know (FindHeads).
  Memory Check(const AuditHead& head) const;

  // Waits until the lines written before this call are on the disk. For tests and the end.
  void Sync();

 private:
  struct Unsynced {
    std::vector<std::shared_ptr<const UniqueFd>> files;
    AuditHead head;
    bool folder = false;  // a file was made or moved
  };

  AuditLog(Options options, const Clock* clock, std::unique_ptr<AuditAppender> appender, AuditHead head);
  absl::Status RecordFound(const AuditAppender::Found& found);
  absl::Status WriteLocked(const AuditRecord& record, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RotateLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FollowLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RememberLocked(absl::string_view line, const AuditHead& head) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SyncNow();         // on the thread
  void RemoveOldFiles();  // on the thread
  void SendToJournal();   // on the thread

  const Options options_;
  const Clock* const clock_;
  mutable Mutex mu_;
  const std::unique_ptr<AuditAppender> appender_ ABSL_GUARDED_BY(mu_);
  AuditHead head_ ABSL_GUARDED_BY(mu_);
  AuditHead synced_ ABSL_GUARDED_BY(mu_);
  std::deque<std::array<char, 32>> recent_ ABSL_GUARDED_BY(mu_);  // hashes of the records from first_recent_
  uint64_t first_recent_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t lost_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time lost_since_ ABSL_GUARDED_BY(mu_);
  std::string write_problem_ ABSL_GUARDED_BY(mu_);
  std::string sync_problem_ ABSL_GUARDED_BY(mu_);
  std::string rotate_problem_ ABSL_GUARDED_BY(mu_);
  std::string broken_ ABSL_GUARDED_BY(mu_);
  Unsynced unsynced_ ABSL_GUARDED_BY(mu_);
  bool sync_due_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::string> journal_ ABSL_GUARDED_BY(mu_);
  uint64_t not_in_journal_ ABSL_GUARDED_BY(mu_) = 0;
  LoopExecutor thread_;  // last: its tasks use all of the above
};

}  // namespace orch::auth
