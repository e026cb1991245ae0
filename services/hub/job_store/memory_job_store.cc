#include "services/hub/job_store/memory_job_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "services/hub/job_store/page_filler.h"
#include "services/hub/job_store/task.h"

namespace orch::hub {
namespace {

// Answers later, like a store that writes to a disk.
template <typename Callback, typename Value>
void Tell(Executor* executor, Callback callback, Value value) {
  if (!callback) return;
  executor->Post([callback = std::move(callback), value = std::move(value)]() mutable { callback(std::move(value)); });
}

}  // namespace

void MemoryJobStore::Create(StoredJob job, std::vector<std::string> targets, Done done) {
  Tell(executor_, std::move(done), DoCreate(std::move(job), std::move(targets)));
}

void MemoryJobStore::RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) {
  Tell(executor_, std::move(done), DoRecordTasks(job_id, changes));
}

void MemoryJobStore::RecordRollout(absl::string_view job_id, RolloutState state, Done done) {
  const auto kept = FindOpen(job_id);
  if (kept.ok()) (*kept)->job.rollout = std::move(state);
  Tell(executor_, std::move(done), kept.status());
}

void MemoryJobStore::AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) {
  Tell(executor_, std::move(answer), DoAppendReply(job_id, task, std::move(reply)));
}

void MemoryJobStore::Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) {
  Tell(executor_, std::move(done), DoFinish(job_id, summary));
}

void MemoryJobStore::Get(absl::string_view job_id, Answer<StoredJob> answer) {
  Tell(executor_, std::move(answer), DoGet(job_id));
}

void MemoryJobStore::GetByKey(absl::string_view caller, absl::string_view key, Answer<StoredJob> answer) {
  const auto found = by_key_.find({std::string(caller), std::string(key)});
  absl::StatusOr<StoredJob> job = absl::NotFoundError(absl::StrCat("no job of ", caller, " has this idempotency key"));
  if (found != by_key_.end()) job = found->second->job;
  Tell(executor_, std::move(answer), std::move(job));
}

void MemoryJobStore::List(JobFilter filter, uint64_t before, size_t limit, Answer<JobPage> answer) {
  JobPage page;
  size_t bytes = 0;
  auto next = before == 0 ? by_serial_.end() : by_serial_.lower_bound(before);
  while (next != by_serial_.begin()) {
    --next;
    if (!Fits(filter, next->second->job)) continue;
    const size_t size = BytesInPage(next->second->job);
    if (!page.jobs.empty() && (page.jobs.size() >= limit || bytes + size > kMaxJobPageBytes)) {
      page.next = next->first + 1;
      break;
    }
    bytes += size;
    page.jobs.push_back(next->second->job);
  }
  Tell(executor_, std::move(answer), absl::StatusOr<JobPage>(std::move(page)));
}

void MemoryJobStore::Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) {
  Tell(executor_, std::move(answer), DoReplies(job_id, query));
}

void MemoryJobStore::Prune(int64_t finished_before_us, uint64_t keep, Answer<uint64_t> answer) {
  uint64_t removed = 0;
  while (finished_.size() > keep &&
         (finished_before_us == 0 || Find(finished_.front())->job.finished_us < finished_before_us)) {
    DropOldestFinished();
    ++removed;
  }
  Tell(executor_, std::move(answer), absl::StatusOr<uint64_t>(removed));
}

void MemoryJobStore::Expire() {
  const absl::Duration limit = clock_->Steady() - options_.age;
  while (!finished_.empty() && Find(finished_.front())->finished < limit) DropOldestFinished();
}

absl::Status MemoryJobStore::LoadUnfinished(const std::function<void(UnfinishedJob)>& take) {
  for (const auto& [serial, kept] : by_serial_) {
    if (!kept->job.summary) take({kept->job, kept->tasks, kept->replies.size()});
  }
  return absl::OkStatus();
}

StoreStats MemoryJobStore::Stats() const {
  StoreStats stats;
  stats.place = "memory";
  stats.jobs = jobs_.size();
  stats.bytes = bytes_;
  return stats;
}

MemoryJobStore::Kept* MemoryJobStore::Find(absl::string_view job_id) const {
  const auto found = jobs_.find(job_id);
  return found == jobs_.end() ? nullptr : found->second.get();
}

absl::StatusOr<MemoryJobStore::Kept*> MemoryJobStore::FindOpen(absl::string_view job_id) const {
  Kept* const kept = Find(job_id);
  if (kept == nullptr) return NoSuchJob(job_id);
  if (kept->job.summary) return JobIsFinished(job_id);
  return kept;
}

absl::Status MemoryJobStore::DoCreate(StoredJob job, std::vector<std::string> targets) {
  if (Find(job.job_id) != nullptr) return absl::AlreadyExistsError(absl::StrCat("job ", job.job_id, " exists"));
  const std::pair<std::string, std::string> key = {job.caller, job.spec.idempotency_key()};
  if (!key.second.empty() && by_key_.contains(key)) {
    return absl::AlreadyExistsError(absl::StrCat("job ", by_key_.at(key)->job.job_id, " has this idempotency key"));
  }
  auto kept = std::make_unique<Kept>();
  kept->job = std::move(job);
  kept->job.summary.reset();
  kept->serial = next_serial_++;
  kept->bytes = kept->job.spec.ByteSizeLong();
  kept->tasks.resize(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) kept->tasks[i].identity = std::move(targets[i]);
  MakeRoom(kept->bytes);
  bytes_ += kept->bytes;
  by_serial_[kept->serial] = kept.get();
  if (!key.second.empty()) by_key_[key] = kept.get();
  const std::string id = kept->job.job_id;
  jobs_.emplace(id, std::move(kept));
  return absl::OkStatus();
}

absl::Status MemoryJobStore::DoRecordTasks(absl::string_view job_id, const std::vector<TaskChange>& changes) {
  ORCH_ASSIGN_OR_RETURN(Kept* const kept, FindOpen(job_id));
  for (const TaskChange& change : changes) {
    if (change.task >= kept->tasks.size()) return JobHasNoTask(job_id, change.task);
  }
  for (const TaskChange& change : changes) {
    StoredTask& task = kept->tasks[change.task];
    if (change.filtered && !std::exchange(task.filtered, true)) --kept->job.targets;
    task.state = change.state;
    task.attempt = change.attempt;
    task.changed_us = absl::ToUnixMicros(clock_->Now());
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> MemoryJobStore::DoAppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply) {
  ORCH_ASSIGN_OR_RETURN(Kept* const kept, FindOpen(job_id));
  if (task >= kept->tasks.size()) return JobHasNoTask(job_id, task);
  if (IsTerminal(kept->tasks[task].state)) return JobHasOutcome(job_id, reply.identity());
  MakeRoom(reply.ByteSizeLong());
  if (bytes_ + reply.ByteSizeLong() > options_.bytes) {
    reply.clear_data_json();
    reply.set_status_message(reply.status_message().substr(0, 256));
  }
  kept->tasks[task].state = reply.state();
  CountOutcome(reply.state(), &kept->job);
  const size_t bytes = reply.ByteSizeLong();
  kept->bytes += bytes;
  bytes_ += bytes;
  kept->replies.push_back(std::move(reply));
  return kept->replies.size();
}

absl::Status MemoryJobStore::DoFinish(absl::string_view job_id, const v1::JobSummary& summary) {
  ORCH_ASSIGN_OR_RETURN(Kept* const kept, FindOpen(job_id));
  kept->job.summary = summary;
  kept->job.finished_us = absl::ToUnixMicros(clock_->Now());
  kept->finished = clock_->Steady();
  kept->tasks = {};
  finished_.push_back(std::string(job_id));
  while (finished_.size() > options_.count) DropOldestFinished();
  return absl::OkStatus();
}

absl::StatusOr<StoredJob> MemoryJobStore::DoGet(absl::string_view job_id) const {
  ORCH_RETURN_IF_ERROR(CheckJobIdPrefix(job_id));
  const auto found = jobs_.lower_bound(job_id);
  if (found == jobs_.end() || !absl::StartsWith(found->first, job_id)) return NoSuchJob(job_id);
  const auto next = std::next(found);
  if (next != jobs_.end() && absl::StartsWith(next->first, job_id)) return SeveralJobs(job_id);
  return found->second->job;
}

absl::StatusOr<ReplyPage> MemoryJobStore::DoReplies(absl::string_view job_id, const ReplyQuery& query) const {
  const Kept* const kept = Find(job_id);
  if (kept == nullptr) return NoSuchJob(job_id);
  ReplyPage page;
  PageFiller filler(query, &page);
  for (uint64_t number = std::max<uint64_t>(query.from, 1); number <= kept->replies.size(); ++number) {
    const v1::Reply& reply = kept->replies[number - 1];
    if (filler.Wants(reply.state()) && !filler.Add(number, reply, reply.ByteSizeLong())) break;
  }
  return page;
}

void MemoryJobStore::MakeRoom(size_t bytes) {
  while (bytes_ + bytes > options_.bytes && !finished_.empty()) DropOldestFinished();
}

void MemoryJobStore::DropOldestFinished() {
  const auto found = jobs_.find(finished_.front());
  const Kept& kept = *found->second;
  bytes_ -= kept.bytes;
  by_serial_.erase(kept.serial);
  by_key_.erase({kept.job.caller, kept.job.spec.idempotency_key()});
  jobs_.erase(found);
  finished_.pop_front();
}

}  // namespace orch::hub
