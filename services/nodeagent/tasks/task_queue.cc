#include "services/nodeagent/tasks/task_queue.h"

#include <algorithm>
#include <utility>

namespace orch::nodeagent {

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

bool TaskQueue::TakeSlot(const TaskPtr& task) {
  int& running = running_[task->slot];
  if (task->slot_limit > 0 && running >= task->slot_limit) return false;
  ++running;
  task->holds_slot = true;
  return true;
}

void TaskQueue::FreeSlot(const TaskPtr& task) {
  if (std::exchange(task->holds_slot, false) && --running_[task->slot] == 0) running_.erase(task->slot);
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
