#include "auth/audit/audit_log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "auth/audit/audit_files.h"
#include "base/durable_file.h"
#include "base/latch.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

// What the log says about itself.
AuditRecord OwnRecord(std::string event, std::string reason, Json details) {
  return {std::move(event), "changed", "", std::move(reason), std::move(details)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Create(Options options, const Clock* clock) {
  AuditAppender::Found found;
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<AuditAppender> appender, AuditAppender::Open(options.path, &found));
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options), clock, std::move(appender), found.head));
  const absl::Status recorded = log->RecordFound(found);
  if (!recorded.ok() && log->required()) return recorded;
  return log;
}

AuditLog::AuditLog(Options options, const Clock* clock, std::unique_ptr<AuditAppender> appender, AuditHead head)
    : options_(std::move(options)),
      clock_(clock),
      appender_(std::move(appender)),
      head_(head),
      synced_(head),
      first_recent_(head.seq + 1),
      thread_(clock, "audit") {}

AuditLog::~AuditLog() {
  Sync();
  thread_.Stop();
}

absl::Status AuditLog::RecordFound(const AuditAppender::Found& found) {
  absl::Status recorded;
  if (!found.broken.empty()) {
    LogError("the audit log's chain is broken; orchctl audit verify shows where", {{"why", found.broken}});
    {
      MutexLock lock(&mu_);
      broken_ = absl::StrCat("the chain is broken: ", found.broken);
    }
    recorded = Write(OwnRecord("chain.broken", found.broken, nullptr));
  }
  if (found.torn_bytes > 0) {
    recorded.Update(
        Write(OwnRecord("audit.torn", "the last line had no end and was cut", {{"bytes", found.torn_bytes}})));
  }
  return recorded;
}

absl::Status AuditLog::Write(const AuditRecord& record) {
  const absl::Time now = clock_->Now();
  MutexLock lock(&mu_);
  absl::Status written = WriteLocked(record, now);
  if (!written.ok()) {
    if (lost_++ == 0) lost_since_ = now;
    write_problem_ = absl::StrCat(written.message(), "; records are lost");
    return written;
  }
  lost_ = 0;
  write_problem_.clear();
  return written;
}

absl::Status AuditLog::WriteLocked(const AuditRecord& record, absl::Time now) {
  if (appender_->size() > 0 && appender_->size() >= options_.max_size) RotateLocked(now);
  std::vector<std::pair<std::string, AuditHead>> lines;
  AuditHead head = head_;
  if (lost_ > 0) {
    std::string lost = ComposeAuditLine(OwnRecord("audit.lost", "records could not be written",
                                                  {{"count", lost_}, {"since", AuditTimeText(lost_since_)}}),
                                        now, &head);
    lines.emplace_back(std::move(lost), head);
  }
  std::string line = ComposeAuditLine(record, now, &head);
  lines.emplace_back(std::move(line), head);
  std::string text;
  for (const auto& [each, unused] : lines) absl::StrAppend(&text, each, "\n");
  ORCH_RETURN_IF_ERROR(appender_->Append(text));
  for (const auto& [each, after] : lines) RememberLocked(each, after);
  return absl::OkStatus();
}

void AuditLog::RememberLocked(absl::string_view line, const AuditHead& head) {
  head_ = head;
  if (head.seq != first_recent_ + recent_.size()) {
    recent_.clear();
    first_recent_ = head.seq;
  }
  std::copy(head.hash.begin(), head.hash.end(), recent_.emplace_back().begin());
  if (recent_.size() > kRecentHeads) {
    recent_.pop_front();
    ++first_recent_;
  }
  unsynced_.head = head;
  if (unsynced_.files.empty() || unsynced_.files.back() != appender_->fd()) {
    unsynced_.files.push_back(appender_->fd());
  }
  if (!std::exchange(sync_due_, true)) thread_.PostAfter(kSyncEvery, [this] { SyncNow(); });
  if (options_.journal == nullptr) return;
  if (journal_.size() >= kMaxJournalLines) {
    ++not_in_journal_;
    return;
  }
  if (journal_.empty()) thread_.Post([this] { SendToJournal(); });
  journal_.emplace_back(line);
}

void AuditLog::RotateLocked(absl::Time) {
  if (const absl::Status moved = appender_->Rotate(head_.seq + 1); !moved.ok()) {
    rotate_problem_ = std::string(moved.message());
    return;
  }
  rotate_problem_.clear();
  unsynced_.folder = true;
  thread_.Post([this] { RemoveOldFiles(); });
}

void AuditLog::FollowLocked(absl::Time now) {
  const absl::StatusOr<bool> moved = appender_->Follow(head_.seq + 1);
  if (!moved.ok()) {
    rotate_problem_ = std::string(moved.status().message());
  } else if (*moved) {
    unsynced_.folder = true;
    const absl::Status written = WriteLocked(
        OwnRecord("audit.replaced", "another program had moved or deleted the file of the audit log", nullptr), now);
    if (!written.ok()) write_problem_ = std::string(written.message());
  }
}

void AuditLog::SyncNow() {
  Unsynced todo;
  {
    MutexLock lock(&mu_);
    sync_due_ = false;
    if (unsynced_.files.empty()) return;
    FollowLocked(clock_->Now());
    todo = std::exchange(unsynced_, Unsynced());
  }
  absl::Status synced;
  for (const auto& file : todo.files) {
    if (fdatasync(file->get()) != 0) {
      synced.Update(ErrnoStatus(errno, absl::StrCat("cannot bring the audit log ", options_.path, " to the disk")));
    }
  }
  if (todo.folder) synced.Update(SyncFolderOf(options_.path));
  MutexLock lock(&mu_);
  sync_problem_ = std::string(synced.message());
  if (synced.ok()) synced_ = todo.head;
}

void AuditLog::RemoveOldFiles() {
  absl::StatusOr<std::vector<AuditFile>> files = ListAuditFiles(options_.path);
  if (!files.ok() || files->size() <= options_.keep + 1) return;
  const size_t surplus = files->size() - options_.keep - 1;
  // The file after those that go; the one that is written has no number in its name.
  const uint64_t next = (*files)[surplus].first_seq;
  // Written first, so that nobody can take a deletion of ours for that of somebody else. On a full disk the files go
  // without it, because room is what is missing.
  const absl::Status written = Write(
      OwnRecord("audit.removed", "files beyond audit.keep were deleted", {{"through", next == 0 ? 0 : next - 1}}));
  if (!written.ok()) LogWarning("files of the audit log are deleted without a record of it", {});
  for (size_t i = 0; i < surplus; ++i) unlink((*files)[i].path.c_str());
}

void AuditLog::SendToJournal() {
  std::deque<std::string> lines;
  uint64_t left_out = 0;
  {
    MutexLock lock(&mu_);
    lines.swap(journal_);
    left_out = std::exchange(not_in_journal_, 0);
  }
  absl::Status sent;
  for (const std::string& line : lines) sent.Update(options_.journal(options_.program, line));
  if (!sent.ok()) LogWarning("audit records are missing in systemd's journal", {{"why", std::string(sent.message())}});
  if (left_out > 0) {
    LogWarning("audit records are missing in systemd's journal", {{"why", absl::StrCat(left_out, " came too fast")}});
  }
}

void AuditLog::Sync() {
  Latch synced;
  thread_.Post([this, &synced] {
    SyncNow();
    synced.Open();
  });
  synced.Wait();
}

AuditHead AuditLog::head() const {
  MutexLock lock(&mu_);
  return head_;
}

AuditHead AuditLog::synced_head() const {
  MutexLock lock(&mu_);
  return synced_;
}

std::string AuditLog::problem() const {
  MutexLock lock(&mu_);
  std::vector<absl::string_view> parts;
  for (const std::string* part : {&write_problem_, &sync_problem_, &rotate_problem_, &broken_}) {
    if (!part->empty()) parts.push_back(*part);
  }
  return parts.empty() ? "" : absl::StrCat("audit log ", options_.path, ": ", absl::StrJoin(parts, "; "));
}

AuditLog::Memory AuditLog::Check(const AuditHead& head) const {
  MutexLock lock(&mu_);
  if (head.seq == 0) return Memory::kAgrees;
  if (head.seq > head_.seq || head.hash.size() != 32) return Memory::kDiffers;
  if (head.seq < first_recent_ || head.seq - first_recent_ >= recent_.size()) return Memory::kNotRecent;
  const auto& known = recent_[head.seq - first_recent_];
  return std::equal(known.begin(), known.end(), head.hash.begin()) ? Memory::kAgrees : Memory::kDiffers;
}

}  // namespace orch::auth
