// Chooses the task that runs next: the first, in the order of arrival, whose slot is free. A slot limits how many
// actions of a plugin run at once. Owned by TaskRunner and used under its mutex; calls no plugin.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "services/nodeagent/tasks/task.h"

namespace orch::nodeagent {

class TaskQueue {
 public:
  void Add(const TaskPtr& task) { waiting_.push_back(task); }
  // Puts a task that was taken, but found no slot, at the front.
  void PutBack(const TaskPtr& task) { waiting_.push_front(task); }
  // Notes a task that joins later; it counts as waiting.
  void Delay(const TaskPtr& task);
  // Ends the delay. Returns false if the task was taken back before.
  bool Join(const TaskPtr& task);

  // Returns a task that holds its slot or has to be admitted first; null if none may run now.
  TaskPtr Take();
  // Returns false if no slot is free.
  bool TakeSlot(const TaskPtr& task);
  void FreeSlot(const TaskPtr& task);
  // Removes a task that is queued or delayed. Returns false if a worker has it.
  bool TakeBack(const TaskPtr& task);

  size_t ready() const { return waiting_.size(); }
  size_t size() const { return waiting_.size() + delayed_; }

 private:
  std::deque<TaskPtr> waiting_;
  size_t delayed_ = 0;
  std::map<std::string, int> running_;  // by slot
};

}  // namespace orch::nodeagent
