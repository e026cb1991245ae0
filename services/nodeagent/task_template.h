// What every task in a process of its own is told about the node: settings, logging, facts and classes. Owned by Agent;
// thread-safe. The task itself (request, timeout) is filled in by whoever starts it.
#pragma once

#include "base/mutex.h"
#include "services/nodeagent/config.h"
#include "services/nodeagent/runner/task_folder.h"
#include "services/nodeagent/state/node_snapshot.h"

namespace orch::nodeagent {

class TaskTemplate {
 public:
  // Takes the settings of `config`, without the library folders of MCollective's agents: those need the agent's Ruby.
  void Set(const AgentConfig& config);
  TaskFile For(const NodeSnapshot& node) const;

 private:
  mutable Mutex mu_;
  TaskFile settings_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::nodeagent
