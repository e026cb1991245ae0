// Decides which tasks run in processes of their own (durable tasks that change the node), and reconciles the tasks that
// a previous agent process left there with the journal. Owned by CommandGate.
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
    Journal* journal;                     // null: nothing is durable
    TaskProcesses* processes;             // null: every action runs in this process
    std::function<TaskFile()> task_file;  // settings and facts of the node, without the task; any thread
    OutputRelay* output;
    Delivery* delivery;
    TaskRunner* runner;
  };

  explicit OutsideTasks(Dependencies dependencies) : deps_(std::move(dependencies)) {}

  // Makes an admitted task run in a process of its own, if it needs one and its plugin does not need the agent. Any
  // thread.
  void MoveOutside(TaskSpec* spec);
  // Submits tasks that still run, delivers outcomes that tasks left, and settles attempts that left nothing. On the
  // loop, before the first command.
  void Recover(const std::function<void(TaskSpec spec)>& submit);
  // Stops waiting for the processes, which keep running.
  void Detach();

 private:
  void TakeOver(const TaskProcesses::Left& left, const std::function<void(TaskSpec spec)>& submit);
  OutputReader::Sink OutputOf(const std::string& attempt_id);

  const Dependencies deps_;
};

}  // namespace orch::nodeagent
