#include "services/hub/jobs/run/task_table.h"

#include "services/hub/job_store/task.h"

namespace orch::hub {

TaskTable::TaskTable(std::vector<std::string> targets) : tasks_(targets.size()) {
  by_identity_.reserve(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    tasks_[i].identity = std::move(targets[i]);
    by_identity_.emplace(tasks_[i].identity, static_cast<uint32_t>(i));
  }
  targets_ = static_cast<uint32_t>(tasks_.size());
}

size_t TaskTable::IndexOf(absl::string_view identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? kNone : found->second;
}

bool TaskTable::MayEnd(size_t index, v1::TaskState state) const {
  const Task& task = tasks_[index];
  if (task.over()) return false;
  return IsLawfulMove(task.state, state) || (task.last != nullptr && IsLawfulMove(v1::SENT, state));
}

bool TaskTable::Release(size_t index) {
  Task& task = tasks_[index];
  if (!task.waits() || task.standing == Standing::kAway) return false;
  if (task.standing != Standing::kReturned) ++task.attempt;
  task.standing = Standing::kReleased;
  return true;
}

bool TaskTable::MarkSent(size_t index, absl::Duration now, absl::Duration due) {
  Task& task = tasks_[index];
  if (task.standing != Standing::kReleased || !IsLawfulMove(task.state, v1::SENT)) return false;
  task.state = v1::SENT;
  task.sent_at = now;
  task.due = due;
  sent_.emplace_back(static_cast<uint32_t>(index), task.attempt);
  return true;
}

bool TaskTable::MarkRunning(size_t index) {
  Task& task = tasks_[index];
  if (task.over() || !IsLawfulMove(task.state, v1::RUNNING)) return false;
  task.state = v1::RUNNING;
  return true;
}

bool TaskTable::SetAway(size_t index) {
  Task& task = tasks_[index];
  if (task.standing != Standing::kReleased || task.sent()) return false;
  task.standing = Standing::kAway;
  return true;
}

bool TaskTable::Return(size_t index) {
  if (tasks_[index].standing != Standing::kAway) return false;
  tasks_[index].standing = Standing::kReturned;
  return true;
}

bool TaskTable::SetAside(size_t index, v1::Reply reply) {
  Task& task = tasks_[index];
  if (task.standing != Standing::kReleased) return false;
  task.standing = Standing::kToRepeat;
  task.state = v1::PENDING;
  task.last = std::make_unique<v1::Reply>(std::move(reply));
  return true;
}

bool TaskTable::End(size_t index, v1::TaskState state) {
  if (!MayEnd(index, state)) return false;
  Task& task = tasks_[index];
  task.state = state;
  task.standing = Standing::kOver;
  task.last = nullptr;
  CountEnd(state);
  return true;
}

bool TaskTable::Decline(size_t index) {
  Task& task = tasks_[index];
  if (task.over() || task.state != v1::SENT) return false;
  task.standing = Standing::kOver;
  task.declined = true;
  ++over_;
  --targets_;
  return true;
}

bool TaskTable::TakeAnswer(size_t index) {
  if (tasks_[index].question != Question::kAsked) return false;
  tasks_[index].question = Question::kNone;
  return true;
}

void TaskTable::RestoreEnd(size_t index, uint32_t attempt, v1::TaskState state, bool declined) {
  Task& task = tasks_[index];
  task.attempt = attempt;
  task.state = state;
  task.standing = Standing::kOver;
  task.declined = declined;
  task.stored = true;
  if (!declined) return CountEnd(state);
  ++over_;
  --targets_;
}

void TaskTable::RestoreSent(size_t index, uint32_t attempt, absl::Duration sent_at, absl::Duration due) {
  Task& task = tasks_[index];
  task.attempt = attempt;
  task.standing = Standing::kReleased;
  MarkSent(index, sent_at, due);
}

void TaskTable::RestoreSetAside(size_t index, uint32_t attempt, v1::Reply reply) {
  Task& task = tasks_[index];
  task.attempt = attempt;
  task.standing = Standing::kToRepeat;
  task.last = std::make_unique<v1::Reply>(std::move(reply));
}

void TaskTable::Count(v1::JobSummary* summary) const {
  summary->set_targets(targets_);
  summary->set_ok(ok_);
  summary->set_failed(failed_);
  summary->set_missing(missing_);
}

size_t TaskTable::FirstDue() {
  while (!sent_.empty()) {
    const auto [index, attempt] = sent_.front();
    if (tasks_[index].sent() && tasks_[index].attempt == attempt) return index;
    sent_.pop_front();
  }
  return kNone;
}

void TaskTable::CountEnd(v1::TaskState state) {
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

}  // namespace orch::hub
