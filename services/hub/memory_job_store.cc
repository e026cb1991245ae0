#include "services/hub/memory_job_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

absl::Status NoSuchJob(absl::string_view job_id) {
  return absl::NotFoundError(absl::StrCat("job ", job_id, " is not known; jobs are kept for a limited time"));
}

}  // namespace

MemoryJobStore::Kept* MemoryJobStore::Find(absl::string_view job_id) const {
  const auto found = jobs_.find(job_id);
  return found == jobs_.end() ? nullptr : found->second.get();
}

absl::Status MemoryJobStore::Create(const StoredJob& job) {
  if (Find(job.job_id) != nullptr) return absl::AlreadyExistsError(absl::StrCat("job ", job.job_id, " exists"));
  auto kept = std::make_unique<Kept>();
  kept->job = job;
  kept->job.summary.reset();
  kept->serial = next_serial_++;
  kept->bytes = job.spec.ByteSizeLong();
  while (bytes_ + kept->bytes > options_.bytes && !finished_.empty()) DropOldestFinished();
  bytes_ += kept->bytes;
  jobs_.emplace(job.job_id, std::move(kept));
  return absl::OkStatus();
}

absl::Status MemoryJobStore::AppendReply(absl::string_view job_id, const v1::Reply& reply) {
  Kept* const kept = Find(job_id);
  if (kept == nullptr) return NoSuchJob(job_id);
  if (kept->job.summary) return absl::FailedPreconditionError(absl::StrCat("job ", job_id, " is finished"));
  if (!kept->answered.insert(reply.identity()).second) {
    return absl::AlreadyExistsError(absl::StrCat("job ", job_id, " has an outcome of ", reply.identity()));
  }
  const size_t bytes = reply.ByteSizeLong();
  while (bytes_ + bytes > options_.bytes && !finished_.empty()) DropOldestFinished();
  kept->replies.push_back(reply);
  v1::Reply& stored = kept->replies.back();
  if (bytes_ + bytes > options_.bytes) {
    stored.clear_data_json();
    stored.set_status_message(stored.status_message().substr(0, 256));
  }
  const size_t stored_bytes = stored.ByteSizeLong();
  kept->bytes += stored_bytes;
  bytes_ += stored_bytes;
  return absl::OkStatus();
}

absl::Status MemoryJobStore::Finish(absl::string_view job_id, const v1::JobSummary& summary) {
  Kept* const kept = Find(job_id);
  if (kept == nullptr) return NoSuchJob(job_id);
  if (kept->job.summary) return absl::FailedPreconditionError(absl::StrCat("job ", job_id, " is finished"));
  kept->job.summary = summary;
  kept->finished = clock_->Steady();
  kept->answered = {};
  finished_.push_back(std::string(job_id));
  while (finished_.size() > options_.count) DropOldestFinished();
  return absl::OkStatus();
}

absl::StatusOr<StoredJob> MemoryJobStore::Get(absl::string_view job_id) const {
  const Kept* const kept = Find(job_id);
  if (kept == nullptr) return NoSuchJob(job_id);
  return kept->job;
}

absl::StatusOr<std::vector<v1::Reply>> MemoryJobStore::Replies(absl::string_view job_id, size_t offset,
                                                               size_t limit) const {
  const Kept* const kept = Find(job_id);
  if (kept == nullptr) return NoSuchJob(job_id);
  const size_t first = std::min(offset, kept->replies.size());
  const size_t count = std::min(limit, kept->replies.size() - first);
  return std::vector<v1::Reply>(kept->replies.begin() + first, kept->replies.begin() + first + count);
}

std::vector<StoredJob> MemoryJobStore::List(size_t limit) const {
  std::vector<const Kept*> all;
  all.reserve(jobs_.size());
  for (const auto& [id, kept] : jobs_) all.push_back(kept.get());
  std::sort(all.begin(), all.end(), [](const Kept* a, const Kept* b) { return a->serial > b->serial; });
  if (all.size() > limit) all.resize(limit);
  std::vector<StoredJob> jobs;
  jobs.reserve(all.size());
  for (const Kept* kept : all) jobs.push_back(kept->job);
  return jobs;
}

void MemoryJobStore::Expire() {
  const absl::Duration limit = clock_->Steady() - options_.age;
  while (!finished_.empty() && Find(finished_.front())->finished < limit) DropOldestFinished();
}

void MemoryJobStore::DropOldestFinished() {
  const auto found = jobs_.find(finished_.front());
  bytes_ -= found->second->bytes;
  jobs_.erase(found);
  finished_.pop_front();
}

}  // namespace orch::hub
