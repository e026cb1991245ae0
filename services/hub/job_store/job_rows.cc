#include "services/hub/job_store/job_rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

// The statements in the order of JobRows::Statement.
constexpr const char* kJobSql[] = {
    "SELECT 1 FROM jobs WHERE id = ?",
    "SELECT id FROM jobs WHERE caller = ? AND idempotency_key = ? AND idempotency_key <> ''",
    ("INSERT INTO jobs (id, caller, plugin, action, created_us, state, targets, run_limit_us, deadline_us, "
     "inputs_withheld, spec, accepted, plan, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    "INSERT INTO targets VALUES (?, ?)",
    "SELECT num, finished_us, targets, ok, failed, missing FROM jobs WHERE id = ?",
    "SELECT identities FROM targets WHERE job = ?",
    "SELECT key, task FROM replies WHERE key BETWEEN ? AND ? ORDER BY key",
    "SELECT key, tasks FROM changes WHERE key BETWEEN ? AND ? ORDER BY key",
    "INSERT INTO changes VALUES (?, ?, ?)",
    "UPDATE jobs SET state = ?, paused_because = ?, ended_early = ?, detail = ? WHERE num = ?",
    "INSERT INTO replies VALUES (?, ?, ?, ?)",
    "UPDATE jobs SET targets = ?, ok = ?, failed = ?, missing = ? WHERE num = ?",
    "UPDATE jobs SET state = ?, finished_us = ?, summary = ? WHERE num = ?",
    "DELETE FROM targets WHERE job = ?",
    "DELETE FROM changes WHERE key BETWEEN ? AND ?",
    "SELECT num, finished_us FROM jobs WHERE finished_us > 0 ORDER BY finished_us, num LIMIT 1",
    "DELETE FROM replies WHERE key BETWEEN ? AND ?",
    "DELETE FROM jobs WHERE num = ?",
};

constexpr size_t kChangeBytes = 8;  // task: 4, attempt: 2, state: 1, filtered: 1; little-endian

int64_t FirstKey(int64_t job) { return RowKey(job, 0); }
int64_t LastKey(int64_t job) { return RowKey(job, kMaxRowOfJob); }

}  // namespace

std::string PackIdentities(const std::vector<std::string>& identities) {
  return absl::StrJoin(identities, "",
                       [](std::string* out, const std::string& name) { absl::StrAppend(out, name, "\n"); });
}

std::string PackChanges(const std::vector<TaskChange>& changes) {
  std::string packed;
  packed.reserve(changes.size() * kChangeBytes);
  for (const TaskChange& change : changes) {
    for (int shift = 0; shift < 32; shift += 8) packed.push_back(static_cast<char>(change.task >> shift));
    packed.push_back(static_cast<char>(change.attempt));
    packed.push_back(static_cast<char>(change.attempt >> 8));
    packed.push_back(static_cast<char>(change.state));
    packed.push_back(change.filtered ? 1 : 0);
  }
  return packed;
}

std::vector<TaskChange> UnpackChanges(absl::string_view packed) {
  std::vector<TaskChange> changes;
  for (; packed.size() >= kChangeBytes; packed.remove_prefix(kChangeBytes)) {
    const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(packed[i])); };
    TaskChange change;
    change.task = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    change.attempt = static_cast<uint16_t>(byte(4) | byte(5) << 8);
    change.state = static_cast<v1::TaskState>(byte(6));
    change.filtered = byte(7) != 0;
    changes.push_back(change);
  }
  return changes;
}

bool IsStoreFailure(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return false;
    default:
      return true;
  }
}

absl::StatusOr<std::unique_ptr<JobRows>> JobRows::Create(Sqlite* file) {
  static_assert(std::size(kJobSql) == kStatements);
  std::unique_ptr<JobRows> rows(new JobRows(file));
  for (const char* sql : kJobSql) {
    ORCH_ASSIGN_OR_RETURN(SqliteStatement statement, file->Prepare(sql));
    rows->statements_.push_back(std::move(statement));
  }
  ORCH_RETURN_IF_ERROR(rows->Forget());
  return rows;
}

absl::Status JobRows::Forget() {
  open_.clear();
  changed_.clear();
  ORCH_ASSIGN_OR_RETURN(const int64_t jobs, file_->Number("SELECT count(*) FROM jobs"));
  ORCH_ASSIGN_OR_RETURN(const int64_t finished, file_->Number("SELECT count(*) FROM jobs WHERE finished_us > 0"));
  jobs_ = static_cast<uint64_t>(jobs);
  finished_ = static_cast<uint64_t>(finished);
  return absl::OkStatus();
}

absl::Status JobRows::CreateJob(const StoredJob& job, const std::vector<std::string>& targets) {
  auto& self = *this;
  ORCH_ASSIGN_OR_RETURN(const bool there, self[kFindId].With(job.job_id).Step());
  self[kFindId].Reset();
  if (there) return absl::AlreadyExistsError(absl::StrCat("job ", job.job_id, " exists"));
  ORCH_ASSIGN_OR_RETURN(const bool key_used, self[kFindKey].With(job.caller, job.spec.idempotency_key()).Step());
  if (key_used) {
    const std::string owner = self[kFindKey].Text(0);
    self[kFindKey].Reset();
    return absl::AlreadyExistsError(absl::StrCat("job ", owner, " has this idempotency key"));
  }
  const std::string spec = job.spec.SerializeAsString(), accepted = job.accepted.SerializeAsString();
  ORCH_RETURN_IF_ERROR(self[kInsertJob]
                           .With(job.job_id, job.caller, job.spec.plugin(), job.spec.action(), job.created_us,
                                 static_cast<int>(job.rollout.state), job.targets,
                                 absl::ToInt64Microseconds(job.run_limit), absl::ToInt64Microseconds(job.deadline),
                                 job.inputs_withheld, Blob{spec}, Blob{accepted}, Blob{job.plan},
                                 job.spec.idempotency_key())
                           .Run());
  auto open = std::make_unique<Open>();
  open->num = file_->LastRow();
  ORCH_RETURN_IF_ERROR(self[kInsertTargets].With(open->num, Blob{PackIdentities(targets)}).Run());
  open->has_outcome.resize(targets.size());
  open->filtered.resize(targets.size());
  open->counts.targets = job.targets;
  open_[job.job_id] = std::move(open);
  ++jobs_;
  return absl::OkStatus();
}

absl::Status JobRows::RecordTasks(const std::string& job_id, const std::vector<TaskChange>& changes, int64_t now_us) {
  ORCH_ASSIGN_OR_RETURN(Open* const open, FindOpen(job_id));
  for (const TaskChange& change : changes) {
    if (change.task >= open->has_outcome.size()) return JobHasNoTask(job_id, change.task);
  }
  for (const TaskChange& change : changes) {
    if (!change.filtered || open->filtered[change.task]) continue;
    open->filtered[change.task] = true;
    --open->counts.targets;
    if (!std::exchange(open->changed, true)) changed_.push_back(open);
  }
  return (*this)[kInsertChange].With(RowKey(open->num, ++open->changes), now_us, Blob{PackChanges(changes)}).Run();
}

absl::Status JobRows::RecordRollout(const std::string& job_id, const RolloutState& state) {
  ORCH_ASSIGN_OR_RETURN(Open* const open, FindOpen(job_id));
  return (*this)[kUpdateRollout]
      .With(static_cast<int>(state.state), state.paused_because, StopReasonText(state.stop_reason), Blob{state.detail},
            open->num)
      .Run();
}

absl::StatusOr<uint64_t> JobRows::AppendReply(const std::string& job_id, uint32_t task, const v1::Reply& reply) {
  ORCH_ASSIGN_OR_RETURN(Open* const open, FindOpen(job_id));
  if (task >= open->has_outcome.size()) return JobHasNoTask(job_id, task);
  if (open->has_outcome[task]) return JobHasOutcome(job_id, reply.identity());
  const std::string bytes = reply.SerializeAsString();
  ORCH_RETURN_IF_ERROR(
      (*this)[kInsertReply]
          .With(RowKey(open->num, open->replies + 1), task, static_cast<int>(reply.state()), Blob{bytes})
          .Run());
  open->has_outcome[task] = true;
  CountOutcome(reply.state(), &open->counts);
  if (!std::exchange(open->changed, true)) changed_.push_back(open);
  return ++open->replies;
}

absl::Status JobRows::Finish(const std::string& job_id, const v1::JobSummary& summary, int64_t now_us) {
  auto& self = *this;
  ORCH_ASSIGN_OR_RETURN(Open* const open, FindOpen(job_id));
  ORCH_RETURN_IF_ERROR(WriteCounts());
  const int64_t num = open->num;
  ORCH_RETURN_IF_ERROR(
      self[kFinish].With(static_cast<int>(v1::JOB_FINISHED), now_us, Blob{summary.SerializeAsString()}, num).Run());
  ORCH_RETURN_IF_ERROR(self[kDeleteTargets].With(num).Run());
  ORCH_RETURN_IF_ERROR(self[kDeleteChanges].With(FirstKey(num), LastKey(num)).Run());
  open_.erase(job_id);
  ++finished_;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> JobRows::DeleteOldest(int64_t finished_before_us, uint64_t keep) {
  auto& self = *this;
  if (finished_ <= keep) return 0;
  ORCH_ASSIGN_OR_RETURN(const bool found, self[kOldest].With().Step());
  if (!found) return 0;
  const int64_t num = self[kOldest].Int(0), finished_us = self[kOldest].Int(1);
  self[kOldest].Reset();
  if (finished_before_us != 0 && finished_us >= finished_before_us) return 0;
  ORCH_RETURN_IF_ERROR(self[kDeleteReplies].With(FirstKey(num), LastKey(num)).Run());
  const uint64_t replies = file_->Changed();
  ORCH_RETURN_IF_ERROR(self[kDeleteJob].With(num).Run());
  --jobs_;
  --finished_;
  return replies + 1;
}

absl::StatusOr<uint64_t> JobRows::UsedBytes() {
  ORCH_ASSIGN_OR_RETURN(const int64_t pages, file_->Number("PRAGMA page_count"));
  ORCH_ASSIGN_OR_RETURN(const int64_t free, file_->Number("PRAGMA freelist_count"));
  ORCH_ASSIGN_OR_RETURN(const int64_t bytes, file_->Number("PRAGMA page_size"));
  return static_cast<uint64_t>((pages - free) * bytes);
}

absl::Status JobRows::WriteCounts() {
  for (Open* const open : changed_) {
    open->changed = false;
    const StoredJob& counts = open->counts;
    ORCH_RETURN_IF_ERROR(
        (*this)[kUpdateCounts].With(counts.targets, counts.ok, counts.failed, counts.missing, open->num).Run());
  }
  changed_.clear();
  return absl::OkStatus();
}

absl::StatusOr<JobRows::Open*> JobRows::FindOpen(const std::string& job_id) {
  const auto known = open_.find(job_id);
  if (known != open_.end()) return known->second.get();
  SqliteStatement& find = (*this)[kFindOpen];
  ORCH_ASSIGN_OR_RETURN(const bool found, find.With(job_id).Step());
  if (!found) return NoSuchJob(job_id);
  auto open = std::make_unique<Open>();
  open->num = find.Int(0);
  const bool finished = find.Int(1) > 0;
  open->counts.targets = static_cast<uint32_t>(find.Int(2));
  open->counts.ok = static_cast<uint32_t>(find.Int(3));
  open->counts.failed = static_cast<uint32_t>(find.Int(4));
  open->counts.missing = static_cast<uint32_t>(find.Int(5));
  find.Reset();
  if (finished) return JobIsFinished(job_id);
  ORCH_RETURN_IF_ERROR(Load(open.get()));
  return (open_[job_id] = std::move(open)).get();
}

absl::Status JobRows::Load(Open* open) {
  auto& self = *this;
  ORCH_ASSIGN_OR_RETURN(const bool found, self[kLoadTargets].With(open->num).Step());
  if (!found) return absl::DataLossError(absl::StrCat("job store ", file_->path(), ": the targets of a job are gone"));
  const absl::string_view identities = self[kLoadTargets].Bytes(0);
  const size_t targets = static_cast<size_t>(std::count(identities.begin(), identities.end(), '\n'));
  self[kLoadTargets].Reset();
  open->has_outcome.resize(targets);
  open->filtered.resize(targets);
  SqliteStatement& outcomes = self[kLoadOutcomes].With(FirstKey(open->num), LastKey(open->num));
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, outcomes.Step());
    if (!row) break;
    open->replies = static_cast<uint64_t>(outcomes.Int(0) - FirstKey(open->num));
    if (const auto task = static_cast<size_t>(outcomes.Int(1)); task < targets) open->has_outcome[task] = true;
  }
  SqliteStatement& changes = self[kLoadChanges].With(FirstKey(open->num), LastKey(open->num));
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, changes.Step());
    if (!row) break;
    open->changes = static_cast<uint64_t>(changes.Int(0) - FirstKey(open->num));
    for (const TaskChange& change : UnpackChanges(changes.Bytes(1))) {
      if (change.filtered && change.task < targets) open->filtered[change.task] = true;
    }
  }
  return absl::OkStatus();
}

}  // namespace orch::hub
