#include "services/hub/job.h"

#include <algorithm>
#include <utility>

#include "services/hub/task.h"

namespace orch::hub {

bool JobTask::over() const { return filtered || IsTerminal(state); }

Job::Job(std::string id, std::vector<std::string> targets) : id_(std::move(id)) {
  tasks_.resize(targets.size());
  by_identity_.reserve(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    tasks_[i].identity = std::move(targets[i]);
    by_identity_.emplace(tasks_[i].identity, static_cast<uint32_t>(i));
  }
  targets_ = static_cast<uint32_t>(tasks_.size());
  batch_size_ = tasks_.size();
}

size_t Job::IndexOf(absl::string_view identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? kNone : found->second;
}

void Job::SetBatches(const v1::JobSpec& spec) {
  const size_t count = tasks_.size();
  if (spec.batch_size() > 0) batch_size_ = spec.batch_size();
  if (spec.batch_percent() > 0) batch_size_ = (count * spec.batch_percent() + 99) / 100;
  batch_size_ = std::clamp<size_t>(batch_size_, 1, std::max<size_t>(count, 1));
  batch_sleep = absl::Milliseconds(spec.batch_sleep_ms());
}

void Job::OpenNextBatch() { batch_end_ = std::min(tasks_.size(), batch_end_ + batch_size_); }

bool Job::Move(size_t index, v1::TaskState to) {
  JobTask& task = tasks_[index];
  if (task.filtered || !IsLawfulMove(task.state, to)) return false;
  const bool was_open = task.state == v1::SENT || task.state == v1::RUNNING;
  task.state = to;
  if (to == v1::SENT) ++open_;
  if (!IsTerminal(to)) return true;
  if (was_open) --open_;
  ++over_;
  switch (OutcomeOf(to)) {
    case Outcome::kOk:
      ++ok_;
      break;
    case Outcome::kFailed:
      ++failed_;
      break;
    case Outcome::kMissing:
      ++missing_;
      break;
  }
  return true;
}

bool Job::Filter(size_t index) {
  JobTask& task = tasks_[index];
  if (task.filtered || task.state != v1::SENT) return false;
  task.filtered = true;
  --open_;
  ++over_;
  --targets_;
  return true;
}

size_t Job::OldestOpen() {
  while (oldest_ < next_ && tasks_[oldest_].over()) ++oldest_;
  return oldest_ < next_ ? oldest_ : kNone;
}

void Job::Summarise(v1::JobSummary* summary) const {
  summary->set_job_id(id_);
  summary->set_targets(targets_);
  summary->set_ok(ok_);
  summary->set_failed(failed_);
  summary->set_missing(missing_);
}

}  // namespace orch::hub
