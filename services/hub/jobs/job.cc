#include "services/hub/jobs/job.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "services/hub/job_store/task.h"

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
}

size_t Job::IndexOf(absl::string_view identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? kNone : found->second;
}

bool Job::MayMove(size_t index, v1::TaskState to) const {
  return !tasks_[index].filtered && IsLawfulMove(tasks_[index].state, to);
}

bool Job::Move(size_t index, v1::TaskState to) {
  if (!MayMove(index, to)) return false;
  JobTask& task = tasks_[index];
  task.state = to;
  if (to == v1::SENT) sent_.emplace_back(static_cast<uint32_t>(index), task.attempt);
  if (IsTerminal(to)) CountEnd(to);
  return true;
}

void Job::CountEnd(v1::TaskState state) {
  ++over_;
  switch (OutcomeOf(state)) {
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
}

void Job::RestoreEnd(size_t index, v1::TaskState state, bool filtered) {
  tasks_[index].state = state;
  if (!filtered) return CountEnd(state);
  tasks_[index].filtered = true;
  ++over_;
  --targets_;
}

bool Job::Filter(size_t index) {
  JobTask& task = tasks_[index];
  if (task.filtered || task.state != v1::SENT) return false;
  task.filtered = true;
  ++over_;
  --targets_;
  return true;
}

size_t Job::FirstDue() {
  while (!sent_.empty()) {
    const auto [index, attempt] = sent_.front();
    if (tasks_[index].sent() && tasks_[index].attempt == attempt) return index;
    sent_.pop_front();
  }
  return kNone;
}

void Job::Summarise(v1::JobSummary* summary) const {
  summary->set_job_id(id_);
  summary->set_targets(targets_);
  summary->set_ok(ok_);
  summary->set_failed(failed_);
  summary->set_missing(missing_);
}

std::string WireId(const std::string& job_id, uint32_t attempt) {
  if (attempt <= 1) return job_id;
  return absl::BytesToHexString(Sha256(absl::StrCat(job_id, attempt)).substr(0, 16));
}

}  // namespace orch::hub
