// The node's state as a task's own process knows it from its task file. Thread-safe, because it never changes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/core/action.h"
#include "actions/core/node_state.h"
#include "actions/data/data_functions.h"
#include "base/clock.h"
#include "services/nodeagent/runner/task_folder.h"

namespace orch::nodeagent {

class RunnerNode final : public actions::NodeState {
 public:
  RunnerNode(const TaskFile* task, const Clock* clock) : task_(task), clock_(clock) {}

  std::string Identity() const override { return task_->catalog.identity; }
  std::shared_ptr<const Json> Facts() const override { return task_->catalog.facts; }
  std::vector<std::string> Classes() const override { return task_->classes; }
  std::vector<std::string> Collectives() const override { return task_->catalog.collectives; }
  std::string MainCollective() const override { return task_->catalog.main_collective; }
  // These belong to the agent; a plugin that needs them says so with NeedsAgent.
  std::vector<PluginInfo> Plugins() const override { return {}; }
  Json DaemonStats() const override { return Json::object(); }
  absl::StatusOr<Json> ConfigItem(absl::string_view) const override {
    return absl::NotFoundError("a task in a process of its own knows no configuration");
  }
  std::vector<std::string> DataFunctionNames() const override { return actions::BuiltinDataFunctionNames(); }
  absl::StatusOr<Json> CallDataFunction(absl::string_view name, const std::vector<std::string>& arguments) override {
    return actions::CallBuiltinDataFunction(name, arguments, *this, *clock_, task_->catalog.builtin);
  }

 private:
  const TaskFile* const task_;
  const Clock* const clock_;
};

}  // namespace orch::nodeagent
