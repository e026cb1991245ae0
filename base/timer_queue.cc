#include "base/timer_queue.h"

#include <utility>

namespace orch {

TimerId TimerQueue::Add(absl::Duration due, Closure task) {
  const TimerId id = next_id_++;
  by_due_.emplace(std::make_pair(due, id), std::move(task));
  due_by_id_.emplace(id, due);
  return id;
}

bool TimerQueue::Cancel(TimerId timer) {
  const auto found = due_by_id_.find(timer);
  if (found == due_by_id_.end()) return false;
  by_due_.erase({found->second, timer});
  due_by_id_.erase(found);
  return true;
}

absl::Duration TimerQueue::NextDue() const {
  return by_due_.empty() ? absl::InfiniteDuration() : by_due_.begin()->first.first;
}

Closure TimerQueue::TakeDue(absl::Duration now) {
  if (by_due_.empty() || by_due_.begin()->first.first > now) return Closure();
  Closure task = std::move(by_due_.begin()->second);
  due_by_id_.erase(by_due_.begin()->first.second);
  by_due_.erase(by_due_.begin());
  return task;
}

void TimerQueue::Clear() {
  by_due_.clear();
  due_by_id_.clear();
}

}  // namespace orch
