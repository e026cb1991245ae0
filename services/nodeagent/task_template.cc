#include "services/nodeagent/task_template.h"

namespace orch::nodeagent {

void TaskTemplate::Set(const AgentConfig& config) {
  MutexLock lock(&mu_);
  settings_.catalog.builtin.settings = config.plugin_settings;
  settings_.catalog.plugin_directories = config.plugin_directories;
  settings_.log_level = static_cast<int>(config.log_level);
  settings_.log_json = config.log_json;
  settings_.log_file = config.log_file;
}

TaskFile TaskTemplate::For(const NodeSnapshot& node) const {
  TaskFile task;
  {
    MutexLock lock(&mu_);
    task = settings_;
  }
  task.catalog.identity = node.identity;
  task.catalog.collectives = node.CollectivesInForce();
  task.catalog.main_collective = node.main_collective;
  task.catalog.facts = node.FactsInForce();
  task.classes = node.classes;
  return task;
}

}  // namespace orch::nodeagent
