// The settings and shared objects that the node gives to its built-in plugins and data functions. A value; the agent
// makes it.
#pragma once

#include <map>
#include <memory>
#include <string>

namespace orch::actions {

class PuppetMemory;
class ShellJobs;

struct BuiltinOptions {
  // The node's configuration by "plugin.item", such as package.provider or service.provider.
  std::map<std::string, std::string> settings;
  std::shared_ptr<PuppetMemory> puppet;   // outlives a reload of plugins; null: each catalog makes its own
  std::shared_ptr<ShellJobs> shell_jobs;  // belongs to the agent; null: no command can run in the background
};

}  // namespace orch::actions
