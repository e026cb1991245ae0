// Durable tasks that change the node run in processes of their own: puts them there, and brings what an
// earlier agent left there together with the journal. Owned by CommandGate.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "services/nodeagent/tasks/delivery.h"
#include "services/nodeagent/tasks/journal.h"
#include "services/nodeagent/tasks/output_relay.h"
#include "services/nodeagent/tasks/task_processes.h"
#include "services/nodeagent/tasks/task_runner.h"

namespace orch::nodeagent {

class OutsideTasks {
 public:
  struct Dependencies {
    const Clock* clock;
    Journal* journal;          // null: nothing is durable
    TaskProcesses* processes;  // null: every action runs in the agent's process
    // Of the node, for a task's own process: settings and facts; the task itself is left out.
    std::function<TaskFile()> task_file;
    OutputRelay* output;
    Delivery* delivery;
    TaskRunner* runner;
  };

  explicit OutsideTasks(Dependencies dependencies) : deps_(std::move(dependencies)) {}

  // Any thread. Gives an admitted task a process of its own, where it needs one and its plugin can do
  // without the agent.
  void Put(TaskSpec* spec);
  // On the loop, before the first command: what still runs is waited for, what has ended is to be
  // delivered, what left nothing is gone.
  void Recover(const std::function<void(TaskSpec spec)>& submit);
  // The processes run on, nobody waits for them.
  void LetGo();

 private:
  void TakeOver(const TaskProcesses::Left& left, const std::function<void(TaskSpec spec)>& submit);
  OutputReader::Sink OutputOf(const std::string& job_id);

  const Dependencies deps_;
};

}  // namespace orch::nodeagent
