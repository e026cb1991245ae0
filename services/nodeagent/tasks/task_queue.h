// Which task is run next: the first whose plugin has a slot free, in the order they came. Owned by
// TaskRunner, under its mutex.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "services/nodeagent/tasks/task.h"

namespace orch::nodeagent {

class TaskQueue {
 public:
  void Add(const TaskPtr& task) { waiting_.push_back(task); }
  // For one that was taken, and found no slot.
  void PutBack(const TaskPtr& task) { waiting_.push_front(task); }
  // A task that joins later; it counts as waiting.
  void Delay(const TaskPtr& task);
  // Ends the delay. False when it was taken back.
  bool Join(const TaskPtr& task);

  // Null when there is none that may run now. It has taken its slot, unless it must be admitted first.
  TaskPtr Take();
  // False when there is no slot for it.
  bool TakeSlot(const TaskPtr& task);
  void FreeSlot(const TaskPtr& task);
  // Off the queue, or out of its delay. False when a worker has it.
  bool TakeBack(const TaskPtr& task);

  size_t ready() const { return waiting_.size(); }
  size_t size() const { return waiting_.size() + delayed_; }

 private:
  bool SlotFree(const TaskSpec& spec) const;

  std::deque<TaskPtr> waiting_;
  size_t delayed_ = 0;
  std::map<std::string, int> running_;  // by "plugin.slot"
};

}  // namespace orch::nodeagent
