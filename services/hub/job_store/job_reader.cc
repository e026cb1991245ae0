#include "services/hub/job_store/job_reader.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "services/hub/job_store/job_rows.h"
#include "services/hub/job_store/page_filler.h"

namespace orch::hub {
namespace {

// The columns of a job, in the order in which JobOfRow reads them.
constexpr char kJob[] =
    "SELECT num, id, caller, created_us, finished_us, state, paused_because, ended_early, released, detail, targets, "
    "ok, "
    "failed, missing, run_limit_us, deadline_us, inputs_withheld, summary, spec, accepted, plan FROM jobs ";

}  // namespace

absl::StatusOr<std::unique_ptr<JobReader>> JobReader::Open(const std::string& path) {
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<Sqlite> file, Sqlite::Open(path, Sqlite::Mode::kRead));
  ORCH_RETURN_IF_ERROR(file->Run("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096"));
  std::unique_ptr<JobReader> reader(new JobReader(std::move(file)));
  const std::pair<SqliteStatement*, std::string> statements[] = {
      // From this prefix up to a text that sorts after every id with this prefix: digits are 0-9 a-f.
      {&reader->get_, absl::StrCat(kJob, "WHERE id >= ? AND id < ? ORDER BY id LIMIT 2")},
      {&reader->get_by_key_, absl::StrCat(kJob, "WHERE caller = ? AND idempotency_key = ? AND idempotency_key <> ''")},
      {&reader->list_, absl::StrCat(kJob,
                                    "WHERE num < ?1 AND (?2 = '' OR caller = ?2) AND (?3 = '' OR plugin = ?3) "
                                    "AND (?4 = '' OR action = ?4) AND (?5 = 0 OR state = ?5) AND created_us >= ?6 "
                                    "AND (?7 = 0 OR created_us < ?7) ORDER BY num DESC")},
      {&reader->find_, "SELECT num FROM jobs WHERE id = ?"},
      {&reader->replies_, "SELECT key, state, reply FROM replies WHERE key BETWEEN ? AND ? ORDER BY key"},
      {&reader->unfinished_, absl::StrCat(kJob, "WHERE finished_us = 0 ORDER BY num")},
      {&reader->targets_, "SELECT identities FROM targets WHERE job = ?"},
      {&reader->outcomes_, "SELECT key, task, state FROM replies WHERE key BETWEEN ? AND ? ORDER BY key"},
      {&reader->changes_, "SELECT at_us, tasks FROM changes WHERE key BETWEEN ? AND ? ORDER BY key"},
  };
  for (const auto& [statement, sql] : statements) {
    ORCH_ASSIGN_OR_RETURN(*statement, reader->file_->Prepare(sql));
  }
  return reader;
}

absl::StatusOr<StoredJob> JobReader::Get(const std::string& job_id) {
  ORCH_RETURN_IF_ERROR(CheckJobIdPrefix(job_id));
  const std::string end = absl::StrCat(job_id, "g");
  ORCH_ASSIGN_OR_RETURN(const bool found, get_.With(job_id, end).Step());
  if (!found) return NoSuchJob(job_id);
  auto job = JobOfRow(get_);
  ORCH_ASSIGN_OR_RETURN(const bool another, get_.Step());
  get_.Reset();
  if (another) return SeveralJobs(job_id);
  return job;
}

absl::StatusOr<StoredJob> JobReader::GetByKey(const std::string& caller, const std::string& key) {
  ORCH_ASSIGN_OR_RETURN(const bool found, get_by_key_.With(caller, key).Step());
  if (!found) return absl::NotFoundError(absl::StrCat("no job of ", caller, " has this idempotency key"));
  auto job = JobOfRow(get_by_key_);
  get_by_key_.Reset();
  return job;
}

absl::StatusOr<JobPage> JobReader::List(const JobFilter& filter, uint64_t before, size_t limit) {
  constexpr uint64_t kNewest = std::numeric_limits<int64_t>::max();
  JobPage page;
  size_t bytes = 0;
  int64_t last = 0;
  list_.With(before == 0 ? kNewest : std::min(before, kNewest), filter.caller, filter.plugin, filter.action,
             static_cast<int>(filter.state), filter.created_after_us, filter.created_before_us);
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, list_.Step());
    if (!row) break;
    auto job = JobOfRow(list_);
    if (!job.ok()) {
      list_.Reset();
      return job.status();
    }
    const size_t size = BytesInPage(*job);
    if (!page.jobs.empty() && (page.jobs.size() >= limit || bytes + size > kMaxJobPageBytes)) {
      page.next = static_cast<uint64_t>(last);
      break;
    }
    last = list_.Int(0);
    bytes += size;
    page.jobs.push_back(*std::move(job));
  }
  list_.Reset();
  return page;
}

absl::StatusOr<ReplyPage> JobReader::Replies(const std::string& job_id, const ReplyQuery& query) {
  ORCH_ASSIGN_OR_RETURN(const bool found, find_.With(job_id).Step());
  if (!found) return NoSuchJob(job_id);
  const int64_t num = find_.Int(0);
  find_.Reset();
  ReplyPage page;
  PageFiller filler(query, &page);
  const uint64_t from = std::clamp<uint64_t>(query.from, 1, kMaxRowOfJob);
  replies_.With(RowKey(num, from), RowKey(num, kMaxRowOfJob));
  absl::Status damage;
  while (damage.ok()) {
    ORCH_ASSIGN_OR_RETURN(const bool row, replies_.Step());
    if (!row) break;
    if (!filler.Wants(static_cast<v1::TaskState>(replies_.Int(1)))) continue;
    const absl::string_view bytes = replies_.Bytes(2);
    v1::Reply reply;
    if (!reply.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) damage = Damaged("a reply");
    if (!filler.Add(static_cast<uint64_t>(replies_.Int(0) - RowKey(num, 0)), std::move(reply), bytes.size())) break;
  }
  replies_.Reset();
  ORCH_RETURN_IF_ERROR(damage);
  return page;
}

absl::Status JobReader::LoadUnfinished(const std::function<void(UnfinishedJob)>& take) {
  unfinished_.With();
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, unfinished_.Step());
    if (!row) return absl::OkStatus();
    UnfinishedJob job;
    ORCH_ASSIGN_OR_RETURN(job.job, JobOfRow(unfinished_));
    ORCH_RETURN_IF_ERROR(LoadTasks(unfinished_.Int(0), &job));
    take(std::move(job));
  }
}

absl::Status JobReader::LoadTasks(int64_t num, UnfinishedJob* job) {
  ORCH_ASSIGN_OR_RETURN(const bool found, targets_.With(num).Step());
  if (!found) return Damaged("the targets of a job");
  for (const absl::string_view identity : absl::StrSplit(targets_.Bytes(0), '\n', absl::SkipEmpty())) {
    job->tasks.emplace_back().identity = std::string(identity);
  }
  targets_.Reset();
  changes_.With(RowKey(num, 0), RowKey(num, kMaxRowOfJob));
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, changes_.Step());
    if (!row) break;
    for (const TaskChange& change : UnpackChanges(changes_.Bytes(1))) {
      if (change.task >= job->tasks.size()) return Damaged("a change of a task");
      StoredTask& task = job->tasks[change.task];
      task.state = change.state;
      task.attempt = change.attempt;
      task.filtered = task.filtered || change.filtered;
      task.changed_us = changes_.Int(0);
    }
  }
  outcomes_.With(RowKey(num, 0), RowKey(num, kMaxRowOfJob));
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, outcomes_.Step());
    if (!row) break;
    const auto task = static_cast<size_t>(outcomes_.Int(1));
    if (task >= job->tasks.size()) return Damaged("the task of a reply");
    job->tasks[task].state = static_cast<v1::TaskState>(outcomes_.Int(2));
    job->replies = static_cast<uint64_t>(outcomes_.Int(0) - RowKey(num, 0));
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredJob> JobReader::JobOfRow(const SqliteStatement& row) const {
  StoredJob job;
  job.job_id = row.Text(1);
  job.caller = row.Text(2);
  job.created_us = row.Int(3);
  job.finished_us = row.Int(4);
  job.rollout.state = static_cast<v1::JobState>(row.Int(5));
  job.rollout.paused_because = row.Text(6);
  job.rollout.stop_reason = StopReasonNamed(row.Text(7));
  job.rollout.detail = row.Text(9);
  job.targets = static_cast<uint32_t>(row.Int(10));
  job.ok = static_cast<uint32_t>(row.Int(11));
  job.failed = static_cast<uint32_t>(row.Int(12));
  job.missing = static_cast<uint32_t>(row.Int(13));
  job.run_limit = absl::Microseconds(row.Int(14));
  job.deadline = absl::Microseconds(row.Int(15));
  job.inputs_withheld = row.Int(16) != 0;
  job.plan = row.Text(20);
  bool whole = job.spec.ParseFromString(row.Text(18)) && job.accepted.ParseFromString(row.Text(19));
  if (job.finished_us > 0) whole = job.summary.emplace().ParseFromString(row.Text(17)) && whole;
  if (!whole) return Damaged(absl::StrCat("job ", job.job_id));
  return job;
}

absl::Status JobReader::Damaged(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat("job store ", file_->path(), " is damaged: ", what, " cannot be read"));
}

}  // namespace orch::hub
