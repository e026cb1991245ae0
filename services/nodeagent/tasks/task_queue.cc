#include "services/nodeagent/tasks/task_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::nodeagent {
namespace {

std::string SlotOf(const TaskSpec& spec) {
  if (spec.plugin == nullptr) return spec.job_id;
  return absl::StrCat(spec.request.plugin, ".", spec.plugin->ConcurrencySlot(spec.action->name));
}

}  // namespace

void TaskQueue::Delay(const TaskPtr& task) {
  task->delayed = true;
  ++delayed_;
}

bool TaskQueue::Join(const TaskPtr& task) {
  if (!std::exchange(task->delayed, false)) return false;
  --delayed_;
  Add(task);
  return true;
}

TaskPtr TaskQueue::Take() {
  for (auto place = waiting_.begin(); place != waiting_.end(); ++place) {
    const bool unadmitted = (*place)->spec.admit != nullptr;
    if (!unadmitted && !TakeSlot(*place)) continue;
    TaskPtr task = std::move(*place);
    waiting_.erase(place);
    return task;
  }
  return nullptr;
}

bool TaskQueue::SlotFree(const TaskSpec& spec) const {
  if (spec.plugin == nullptr) return true;
  const int limit = spec.plugin->MaxConcurrency(spec.action->name);
  if (limit <= 0) return true;
  const auto found = running_.find(SlotOf(spec));
  return found == running_.end() || found->second < limit;
}

bool TaskQueue::TakeSlot(const TaskPtr& task) {
  if (!SlotFree(task->spec)) return false;
  task->slot = SlotOf(task->spec);
  ++running_[task->slot];
  return true;
}

void TaskQueue::FreeSlot(const TaskPtr& task) {
  if (!task->slot.empty() && --running_[task->slot] == 0) running_.erase(task->slot);
}

bool TaskQueue::TakeBack(const TaskPtr& task) {
  if (std::exchange(task->delayed, false)) {
    --delayed_;
    return true;
  }
  const auto queued = std::find(waiting_.begin(), waiting_.end(), task);
  if (queued == waiting_.end()) return false;
  waiting_.erase(queued);
  return true;
}

}  // namespace orch::nodeagent
