#include "services/hub/job_store/group_writer.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr int kShrinkPages = 256;               // given back at once
constexpr uint64_t kWorthShrinking = 1u << 20;  // bytes; fewer are soon used again

uint64_t FileBytes(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<GroupWriter>> GroupWriter::Create(std::unique_ptr<Sqlite> file, const Clock* clock,
                                                                 Executor* loop) {
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<JobRows> rows, JobRows::Create(file.get()));
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<NodeRows> nodes, NodeRows::Create(file.get()));
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<RecordRows> records, RecordRows::Create(file.get()));
  std::unique_ptr<GroupWriter> writer(
      new GroupWriter(std::move(file), std::move(rows), std::move(nodes), std::move(records), clock, loop));
  writer->Observe(absl::OkStatus());
  return writer;
}

GroupWriter::GroupWriter(std::unique_ptr<Sqlite> file, std::unique_ptr<JobRows> rows, std::unique_ptr<NodeRows> nodes,
                         std::unique_ptr<RecordRows> records, const Clock* clock, Executor* loop)
    : file_(std::move(file)),
      rows_(std::move(rows)),
      nodes_(std::move(nodes)),
      records_(std::move(records)),
      clock_(clock),
      loop_(loop),
      thread_(clock, "store-write") {}

GroupWriter::~GroupWriter() {
  thread_.Stop();
  while (true) {
    {
      MutexLock lock(&mu_);
      if (queue_.empty()) return;
    }
    Turn();
  }
}

void GroupWriter::Add(Write write) {
  bool wake = false;
  {
    MutexLock lock(&mu_);
    if (queue_.size() < kMaxQueuedWrites && queued_bytes_ + write.bytes <= kMaxQueuedWriteBytes) {
      queued_bytes_ += write.bytes;
      queue_.push_back(std::exchange(write, Write()));
      wake = !std::exchange(awake_, true);
    } else if (write.done == nullptr) {
      return;
    }
  }
  if (wake) thread_.Post([this] { Turn(); });
  if (write.done == nullptr) return;
  std::vector<Answer> answers(1);
  answers[0] = {std::move(write.done),
                absl::ResourceExhaustedError(absl::StrCat(
                    "job store ", file_->path(), ": its queue of writes is full (", kMaxQueuedWrites, " writes, ",
                    kMaxQueuedWriteBytes >> 20, " MiB); the disk does not keep up, try again later"))};
  Post(std::move(answers));
}

bool GroupWriter::Take(Write* write) {
  MutexLock lock(&mu_);
  if (queue_.empty()) return false;
  *write = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= write->bytes;
  return true;
}

void GroupWriter::Turn() {
  std::vector<Answer> answers;
  {
    // Ends before the answers, which share it, go to another thread: Abseil's count of its users is not instrumented,
    // and ThreadSanitizer would see a race.
    const absl::Status status = ApplyGroup(&answers);
    if (!status.ok()) Abandon(status, &answers);
    Observe(status);
  }
  ORCH_FAILPOINT("hub.store.committed");
  Post(std::move(answers));
  {
    MutexLock lock(&mu_);
    awake_ = !queue_.empty();
    if (!awake_) return;
  }
  thread_.Post([this] { Turn(); });
}

absl::Status GroupWriter::ApplyOne(Write* write) {
  if (write->apply_nodes != nullptr) return write->apply_nodes(nodes_.get());
  if (write->apply_records != nullptr) return write->apply_records(records_.get());
  return write->apply(rows_.get());
}

absl::Status GroupWriter::ApplyGroup(std::vector<Answer>* answers) {
  const absl::Duration begin = clock_->Steady();
  absl::Status status = file_->Run("BEGIN IMMEDIATE");
  Write write;
  for (size_t rows = 0; rows < kMaxGroupRows && Take(&write); rows += write.rows) {
    absl::Status own = status;
    if (status.ok()) own = ApplyOne(&write);
    if (status.ok() && IsStoreFailure(own)) status = own;
    answers->push_back({std::move(write.done), std::move(own)});
    if (clock_->Steady() - begin >= kMaxGroupTime) break;
  }
  ORCH_RETURN_IF_ERROR(status);
  ORCH_RETURN_IF_ERROR(rows_->WriteCounts());
  ORCH_FAILPOINT("hub.store.before_commit");
  return file_->Run("COMMIT");
}

// This includes writes that were refused for a reason of their own: the reason may be another write, which is undone
// now.
void GroupWriter::Abandon(const absl::Status& status, std::vector<Answer>* answers) {
  if (file_->InTransaction()) file_->Run("ROLLBACK").IgnoreError();  // the first failure is reported
  if (const absl::Status forgot = rows_->Forget(); !forgot.ok()) {
    LogError("the job store cannot be read", {{"reason", std::string(forgot.message())}});
  }
  for (Answer& answer : *answers) answer.status = status;
}

void GroupWriter::Observe(const absl::Status& status) {
  const auto pages = file_->Number("PRAGMA page_count"), free = file_->Number("PRAGMA freelist_count");
  const auto page_bytes = file_->Number("PRAGMA page_size");
  State state;
  if (pages.ok() && free.ok() && page_bytes.ok()) {
    state.bytes = static_cast<uint64_t>(*pages * *page_bytes) + FileBytes(absl::StrCat(file_->path(), "-wal"));
    state.free_bytes = static_cast<uint64_t>(*free * *page_bytes);
  }
  state.jobs = rows_->jobs();
  state.problem = std::string(status.message());
  bool changed;
  {
    MutexLock lock(&mu_);
    changed = state.problem != state_.problem;
    state_ = state;
  }
  if (!changed) return;
  if (status.ok()) {
    LogInfo("the job store takes writes again", {{"file", file_->path()}});
  } else {
    LogError("the job store does not take writes", {{"reason", state.problem}});
  }
}

void GroupWriter::Post(std::vector<Answer> answers) {
  if (answers.empty()) return;
  loop_->Post([answers = std::move(answers)]() mutable {
    for (Answer& answer : answers) {
      if (answer.done != nullptr) answer.done(std::move(answer.status));
    }
  });
}

void GroupWriter::Shrink() {
  {
    MutexLock lock(&mu_);
    if (shrinking_ || state_.free_bytes < kWorthShrinking) return;
    shrinking_ = true;
  }
  thread_.Post([this] { ShrinkSome(); });
}

void GroupWriter::ShrinkSome() {
  bool busy;
  {
    MutexLock lock(&mu_);
    busy = !queue_.empty();
  }
  if (busy) return thread_.Post([this] { ShrinkSome(); });  // after the writes that wait
  const auto free = file_->Number("PRAGMA freelist_count");
  const bool more = free.ok() && *free > kShrinkPages;
  absl::Status status = free.status();
  if (status.ok()) status = file_->Run(absl::StrCat("PRAGMA incremental_vacuum(", kShrinkPages, ")"));
  if (status.ok() && !more) status = file_->Run("PRAGMA wal_checkpoint(TRUNCATE)");
  Observe(status);
  if (more && status.ok()) return thread_.Post([this] { ShrinkSome(); });
  MutexLock lock(&mu_);
  shrinking_ = false;
}

GroupWriter::State GroupWriter::state() const {
  MutexLock lock(&mu_);
  return state_;
}

}  // namespace orch::hub
