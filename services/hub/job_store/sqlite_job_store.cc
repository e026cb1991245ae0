#include "services/hub/job_store/sqlite_job_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/latch.h"
#include "base/loop_executor.h"
#include "base/status_macros.h"
#include "services/hub/job_store/job_store_file.h"
#include "services/hub/job_store/sqlite_node_store.h"
#include "services/hub/job_store/sqlite_record_store.h"

namespace orch::hub {
namespace {

constexpr uint64_t kDeleteRowsAtOnce = 5000;  // then other writes have their turn

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteJobStore>> SqliteJobStore::Open(const Clock* clock, Random* random, Executor* loop,
                                                                     Options options) {
  std::unique_ptr<SqliteJobStore> store(new SqliteJobStore(clock, loop, std::move(options)));
  const std::string& path = store->options_.path;
  ORCH_ASSIGN_OR_RETURN(store->lock_, JobStoreLock::Take(path));
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<Sqlite> file, OpenJobStoreFile(path, random));
  ORCH_ASSIGN_OR_RETURN(const int64_t page_bytes, file->Number("PRAGMA page_size"));
  ORCH_RETURN_IF_ERROR(file->Run(absl::StrCat("PRAGMA max_page_count = ", store->options_.max_bytes / page_bytes)));
  ORCH_ASSIGN_OR_RETURN(store->id_, file->Text("SELECT value FROM store WHERE name = 'id'"));
  ORCH_ASSIGN_OR_RETURN(const int64_t starts, file->Number("SELECT value FROM store WHERE name = 'starts'"));
  store->starts_ = static_cast<uint64_t>(starts);
  ORCH_ASSIGN_OR_RETURN(store->reader_, JobReader::Open(path));
  ORCH_ASSIGN_OR_RETURN(store->writer_, GroupWriter::Create(std::move(file), clock, loop));
  store->reading_ = std::make_unique<LoopExecutor>(clock, "store-read");
  return store;
}

SqliteJobStore::~SqliteJobStore() {
  lifetime_.End();
  // The writer closes the file last, because SQLite puts the log into the file only at the last close.
  reading_ = nullptr;
  reader_ = nullptr;
  writer_ = nullptr;
}

void SqliteJobStore::Create(StoredJob job, std::vector<std::string> targets, Done done) {
  size_t bytes = kRowOverhead + job.spec.ByteSizeLong() + job.accepted.ByteSizeLong() + job.plan.size();
  for (const std::string& target : targets) bytes += target.size() + sizeof(std::string);
  writer_->Add(
      {[job = std::move(job), targets = std::move(targets)](JobRows* rows) { return rows->CreateJob(job, targets); },
       std::move(done), 2, bytes});
}

void SqliteJobStore::RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) {
  const size_t bytes = kRowOverhead + changes.size() * sizeof(TaskChange);
  writer_->Add({[id = std::string(job_id), changes = std::move(changes), now = NowUs()](JobRows* rows) {
                  return rows->RecordTasks(id, changes, now);
                },
                std::move(done), 1, bytes});
}

void SqliteJobStore::RecordRollout(absl::string_view job_id, RolloutState state, Done done) {
  const size_t bytes = kRowOverhead + state.detail.size();
  writer_->Add(
      {[id = std::string(job_id), state = std::move(state)](JobRows* rows) { return rows->RecordRollout(id, state); },
       std::move(done), 1, bytes});
}

void SqliteJobStore::AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) {
  const size_t bytes = kRowOverhead + reply.ByteSizeLong();
  auto number = std::make_shared<uint64_t>(0);
  Done done;
  if (answer != nullptr) {
    done = [answer = std::move(answer), number](const absl::Status& status) mutable {
      answer(status.ok() ? absl::StatusOr<uint64_t>(*number) : status);
    };
  }
  writer_->Add({[id = std::string(job_id), task, reply = std::move(reply), number](JobRows* rows) -> absl::Status {
                  ORCH_ASSIGN_OR_RETURN(*number, rows->AppendReply(id, task, reply));
                  return absl::OkStatus();
                },
                std::move(done), 1, bytes});
}

void SqliteJobStore::Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) {
  writer_->Add(
      {[id = std::string(job_id), summary, now = NowUs()](JobRows* rows) { return rows->Finish(id, summary, now); },
       std::move(done), 3, kRowOverhead});
}

template <typename T>
void SqliteJobStore::Read(std::function<absl::StatusOr<T>(JobReader*)> query, Answer<T> answer) {
  if (queued_reads_.fetch_add(1) >= kMaxQueuedReads) {
    queued_reads_.fetch_sub(1);
    loop_->Post([answer = std::move(answer)]() mutable {
      answer(absl::ResourceExhaustedError(
          absl::StrCat("the job store has ", kMaxQueuedReads, " reads waiting, its limit; try again shortly")));
    });
    return;
  }
  reading_->Post([this, query = std::move(query), answer = std::move(answer)]() mutable {
    auto found = query(reader_.get());
    queued_reads_.fetch_sub(1);
    loop_->Post([answer = std::move(answer), found = std::move(found)]() mutable { answer(std::move(found)); });
  });
}

void SqliteJobStore::Get(absl::string_view job_id, Answer<StoredJob> answer) {
  Read<StoredJob>([id = std::string(job_id)](JobReader* reader) { return reader->Get(id); }, std::move(answer));
}

void SqliteJobStore::GetByKey(absl::string_view caller, absl::string_view key, Answer<StoredJob> answer) {
  Read<StoredJob>([caller = std::string(caller),
                   key = std::string(key)](JobReader* reader) { return reader->GetByKey(caller, key); },
                  std::move(answer));
}

void SqliteJobStore::List(JobFilter filter, uint64_t before, size_t limit, Answer<JobPage> answer) {
  Read<JobPage>(
      [filter = std::move(filter), before, limit](JobReader* reader) { return reader->List(filter, before, limit); },
      std::move(answer));
}

void SqliteJobStore::Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) {
  Read<ReplyPage>(
      [id = std::string(job_id), query = std::move(query)](JobReader* reader) { return reader->Replies(id, query); },
      std::move(answer));
}

void SqliteJobStore::Prune(int64_t finished_before_us, uint64_t keep, Answer<uint64_t> answer) {
  DeleteAll([=](JobRows* rows) { return rows->DeleteOldest(finished_before_us, keep); }, 0, std::move(answer));
}

void SqliteJobStore::DeleteAll(DeleteOne delete_one, uint64_t removed, Answer<uint64_t> answer) {
  auto deleted = std::make_shared<uint64_t>(0);  // jobs that this write has deleted
  GroupWriter::Write write;
  write.rows = kMaxGroupRows;
  write.bytes = kRowOverhead;
  write.apply = [delete_one, deleted](JobRows* rows) -> absl::Status {
    for (uint64_t all = 0, some = 1; some > 0 && all < kDeleteRowsAtOnce; all += some) {
      ORCH_ASSIGN_OR_RETURN(some, delete_one(rows));
      if (some > 0) ++*deleted;
    }
    return absl::OkStatus();
  };
  write.done = [this, alive = lifetime_.watch(), delete_one, deleted, removed,
                answer = std::move(answer)](const absl::Status& status) mutable {
    if (alive.ended()) return;
    if (status.ok() && *deleted > 0) return DeleteAll(std::move(delete_one), removed + *deleted, std::move(answer));
    if (removed > 0) writer_->Shrink();
    if (answer != nullptr) answer(status.ok() ? absl::StatusOr<uint64_t>(removed) : status);
  };
  writer_->Add(std::move(write));
}

void SqliteJobStore::Expire() {
  writer_->Shrink();
  if (std::exchange(expiring_, true)) return;
  DeleteAll([this](JobRows* rows) { return DeleteOnePastItsTime(rows); }, 0,
            [this](const absl::StatusOr<uint64_t>&) { expiring_ = false; });
}

absl::StatusOr<uint64_t> SqliteJobStore::DeleteOnePastItsTime(JobRows* rows) const {
  ORCH_ASSIGN_OR_RETURN(uint64_t deleted, rows->DeleteOldest(0, options_.count));
  if (deleted > 0) return deleted;
  ORCH_ASSIGN_OR_RETURN(deleted, rows->DeleteOldest(NowUs() - absl::ToInt64Microseconds(options_.age), 0));
  if (deleted > 0) return deleted;
  ORCH_ASSIGN_OR_RETURN(const uint64_t used, rows->UsedBytes());
  if (used <= options_.bytes) return 0;
  return rows->DeleteOldest(0, 0);
}

absl::Status SqliteJobStore::LoadUnfinished(const std::function<void(UnfinishedJob)>& take) {
  absl::Status status;
  std::vector<UnfinishedJob> jobs;
  Latch loaded;
  reading_->Post([&] {
    status = reader_->LoadUnfinished([&](UnfinishedJob job) { jobs.push_back(std::move(job)); });
    loaded.Open();
  });
  loaded.Wait();
  ORCH_RETURN_IF_ERROR(status);
  for (UnfinishedJob& job : jobs) take(std::move(job));
  return absl::OkStatus();
}

std::unique_ptr<NodeStore> SqliteJobStore::MakeNodeStore() {
  return std::make_unique<SqliteNodeStore>(writer_.get(), options_.path);
}

std::unique_ptr<RecordStore> SqliteJobStore::MakeRecordStore() {
  return std::make_unique<SqliteRecordStore>(writer_.get(), options_.path);
}

StoreStats SqliteJobStore::Stats() const {
  const GroupWriter::State state = writer_->state();
  return {options_.path, true, state.jobs, state.bytes, state.problem};
}

}  // namespace orch::hub
