#include "services/nodeagent/tasks/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "services/nodeagent/tasks/journal_record.h"

namespace orch::nodeagent {

using Kind = JournalRecord::Kind;

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(const std::string& path, const Clock* clock) {
  std::unique_ptr<Journal> journal(new Journal(clock));
  RecordFile::Repair repair;
  const absl::Time now = clock->Now();
  ORCH_ASSIGN_OR_RETURN(journal->file_, RecordFile::Open(
                                            path,
                                            [&journal, now](RecordFile::Place place, absl::string_view record) {
                                              journal->Load(place, record, now);
                                            },
                                            &repair));
  journal->NoteRepair(path, repair);
  return journal;
}

void Journal::Load(RecordFile::Place place, absl::string_view bytes, absl::Time now) {
  JournalRecord record;
  if (!UnpackRecord(bytes, &record)) return;
  // If the clock was set back, entries must still expire.
  const absl::Duration age = std::clamp(now - record.time, absl::ZeroDuration(), kRemember);
  const absl::Duration since = clock_->Steady() - age;
  MutexLock lock(&mu_);
  if (record.kind == Kind::kDamage) {
    complete_from_ = std::max(complete_from_, since + kRemember);
    return;
  }
  Job& job = jobs_[record.attempt_id];
  job.since = since;
  if (record.kind == Kind::kFinished && job.state == State::kAccepted) FinishLocked(record.attempt_id, place);
  if (record.kind == Kind::kSettled) SettleLocked(record.attempt_id);
}

void Journal::NoteRepair(const std::string& path, const RecordFile::Repair& repair) {
  if (repair.torn_bytes > 0) {
    LogInfo("the journal's last record was cut short by a crash; taken off",
            {{"file", path}, {"bytes", absl::StrCat(repair.torn_bytes)}});
  }
  if (repair.set_aside.empty()) return;
  MutexLock lock(&mu_);
  complete_from_ = clock_->Steady() + kRemember;
  damage_ = absl::StrCat("the journal ", path, " was damaged (", repair.damaged_bytes,
                         " bytes cannot be read); it was set aside as ", repair.set_aside,
                         "; jobs it may have held are reported as gone; check the disk");
  LogError(damage_, {});
  const absl::Status kept = file_->Append(PackRecord({Kind::kDamage, "", clock_->Now(), ""})).status();
  if (!kept.ok() || !file_->Sync().ok()) write_problem_ = "the journal cannot be written";
}

absl::Status Journal::Accept(const std::string& attempt_id) {
  ORCH_FAILPOINT("agent.journal.before_accepted");
  {
    MutexLock lock(&mu_);
    ForgetLocked();
    if (jobs_.contains(attempt_id)) return absl::AlreadyExistsError("this node has taken the job on before");
    if (jobs_.size() - settled_.size() >= kMaxKept || kept_bytes_ >= kMaxKeptBytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the journal keeps ", finished_.size(), " outcomes (", kept_bytes_ >> 10,
                       " KiB) the hub has not acknowledged; nothing more is taken on before it does"));
    }
    if (settled_.size() >= kMaxRemembered) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the journal remembers ", kMaxRemembered, " jobs of the last minutes, as many as it may; try again later"));
    }
    CompactLocked();
    const absl::Status written =
        file_->Append(PackRecord({Kind::kAccepted, attempt_id, clock_->Now(), ""}), kOutcomeReserve).status();
    write_problem_ = written.ok() ? "" : absl::StrCat("the journal cannot be written: ", written.message());
    ORCH_RETURN_IF_ERROR(written);
    jobs_[attempt_id].since = clock_->Steady();
  }
  if (absl::Status synced = file_->Sync(); !synced.ok()) {
    MutexLock lock(&mu_);
    jobs_.erase(attempt_id);  // the action will not start
    write_problem_ = absl::StrCat("the journal cannot be written: ", synced.message());
    return synced;
  }
  ORCH_FAILPOINT("agent.journal.after_accepted");
  return absl::OkStatus();
}

absl::Status Journal::Finish(const std::string& attempt_id, const std::string& outcome) {
  ORCH_FAILPOINT("agent.journal.before_finished");
  bool ran;
  absl::Status written;
  {
    MutexLock lock(&mu_);
    const auto found = jobs_.find(attempt_id);
    ran = found != jobs_.end();
    if (ran && found->second.state != State::kAccepted) return absl::AlreadyExistsError("the job has ended before");
    if (!ran && (jobs_.size() - settled_.size() >= kMaxKept || kept_bytes_ >= kMaxKeptBytes)) {
      return absl::ResourceExhaustedError("the journal is full");
    }
    const absl::StatusOr<RecordFile::Place> place =
        file_->Append(PackRecord({Kind::kFinished, attempt_id, clock_->Now(), outcome}));
    written = place.status();
    if (!written.ok() && !ran) return written;
    Job& job = jobs_[attempt_id];
    job.since = clock_->Steady();
    if (!written.ok()) job.unsaved = outcome;
    FinishLocked(attempt_id, place.value_or(RecordFile::Place{0, kJournalRecordHead + outcome.size()}));
  }
  if (ran && written.ok()) written = file_->Sync();
  if (!written.ok()) {
    MutexLock lock(&mu_);
    write_problem_ = absl::StrCat("an outcome could not be written to the journal: ", written.message());
  }
  ORCH_FAILPOINT("agent.journal.after_finished");
  return written;
}

void Journal::FinishLocked(const std::string& attempt_id, RecordFile::Place place) {
  Job& job = jobs_[attempt_id];
  job.state = State::kFinished;
  job.place = place;
  job.order = ++last_order_;
  kept_bytes_ += place.size;
  finished_[job.order] = attempt_id;
}

void Journal::Settle(const std::string& attempt_id) {
  ORCH_FAILPOINT("agent.journal.before_settled");
  MutexLock lock(&mu_);
  const auto found = jobs_.find(attempt_id);
  if (found == jobs_.end() || found->second.state == State::kSettled) return;
  SettleLocked(attempt_id);
  found->second.since = clock_->Steady();
  // Not synced: if the entry is lost, the outcome is sent and acknowledged once more.
  if (!file_->Append(PackRecord({Kind::kSettled, attempt_id, clock_->Now(), ""})).ok()) {
    LogDebug("an acknowledgement could not be written to the journal", {{"job", attempt_id}});
  }
  ORCH_FAILPOINT("agent.journal.after_settled");
}

void Journal::SettleLocked(const std::string& attempt_id) {
  Job& job = jobs_[attempt_id];
  if (job.state == State::kSettled) return;
  if (job.state == State::kFinished) {
    finished_.erase(job.order);
    kept_bytes_ -= job.place.size;
  }
  job.state = State::kSettled;
  job.unsaved = std::string();
  settled_.push_back(attempt_id);
}

void Journal::ForgetLocked() {
  const absl::Duration now = clock_->Steady();
  while (!settled_.empty()) {
    const auto oldest = jobs_.find(settled_.front());
    const absl::Duration age = now - oldest->second.since;
    if (age < kRemember && (settled_.size() < kMaxRemembered || age < kRememberAtLeast)) return;
    jobs_.erase(oldest);
    settled_.pop_front();
  }
}

// Holds the lock while the file is rewritten, which is rare and bounded by what is kept.
void Journal::CompactLocked() {
  const uint64_t live = kept_bytes_ + jobs_.size() * 2 * (kJournalRecordHead + 16);
  if (file_->size() < kMinCompaction || file_->size() < 2 * live) return;
  const absl::Time now = clock_->Now();
  const absl::Duration steady = clock_->Steady();
  std::vector<std::string> records;
  std::vector<std::pair<std::string, size_t>> outcomes;  // job → index of its record
  const auto add = [&](Kind kind, const std::string& id, const Job& job, const std::string& outcome) {
    records.push_back(PackRecord({kind, id, now - (steady - job.since), outcome}));
  };
  for (const std::string& id : settled_) add(Kind::kSettled, id, jobs_[id], "");
  for (const auto& [id, job] : jobs_) {
    if (job.state == State::kAccepted) add(Kind::kAccepted, id, job, "");
  }
  for (const auto& [order, id] : finished_) {
    absl::StatusOr<std::string> outcome = OutcomeLocked(jobs_[id]);
    if (!outcome.ok()) return;  // a long file is better than one without this outcome
    outcomes.emplace_back(id, records.size());
    add(Kind::kFinished, id, jobs_[id], *outcome);
  }
  if (complete_from_ > steady) {
    records.push_back(PackRecord({Kind::kDamage, "", now - (kRemember - (complete_from_ - steady)), ""}));
  }
  const absl::StatusOr<std::vector<RecordFile::Place>> places = file_->Rewrite(records);
  if (!places.ok()) {
    return LogWarning("the journal could not be compacted", {{"why", std::string(places.status().message())}});
  }
  for (const auto& [id, index] : outcomes) {
    jobs_[id].place = (*places)[index];
    jobs_[id].unsaved = std::string();
  }
}

Journal::State Journal::Find(const std::string& attempt_id) const {
  MutexLock lock(&mu_);
  const auto found = jobs_.find(attempt_id);
  return found == jobs_.end() ? State::kUnknown : found->second.state;
}

absl::StatusOr<std::string> Journal::OutcomeLocked(const Job& job) const {
  if (!job.unsaved.empty()) return job.unsaved;
  ORCH_ASSIGN_OR_RETURN(std::string record, file_->Read(job.place));
  return record.substr(kJournalRecordHead);
}

absl::StatusOr<std::string> Journal::Outcome(const std::string& attempt_id) const {
  MutexLock lock(&mu_);
  const auto found = jobs_.find(attempt_id);
  if (found == jobs_.end() || found->second.state != State::kFinished) {
    return absl::NotFoundError(absl::StrCat("no outcome of job ", attempt_id, " is kept"));
  }
  return OutcomeLocked(found->second);
}

std::vector<std::string> Journal::Finished() const {
  MutexLock lock(&mu_);
  std::vector<std::string> ids;
  for (const auto& [order, id] : finished_) ids.push_back(id);
  return ids;
}

std::vector<std::string> Journal::Accepted() const {
  MutexLock lock(&mu_);
  std::vector<std::string> ids;
  for (const auto& [id, job] : jobs_) {
    if (job.state == State::kAccepted) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

bool Journal::Complete() const {
  MutexLock lock(&mu_);
  return clock_->Steady() >= complete_from_;
}

std::vector<std::string> Journal::Problems() const {
  MutexLock lock(&mu_);
  std::vector<std::string> problems;
  for (const std::string* problem : {&damage_, &write_problem_}) {
    if (!problem->empty()) problems.push_back(*problem);
  }
  return problems;
}

}  // namespace orch::nodeagent
