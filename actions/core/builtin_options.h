// What the node gives to its built-in plugins and data functions. A value; the agent makes it.
#pragma once

#include <map>
#include <memory>
#include <string>

namespace orch::actions {

class PuppetMemory;
class ShellJobs;

struct BuiltinOptions {
  // The node's configuration by "plugin.item": package.provider, package.yum_clean_mode, service.provider, …
  std::map<std::string, std::string> settings;
  std::shared_ptr<PuppetMemory> puppet;   // outlives a reload of the plugins; null: each catalog makes its own
  std::shared_ptr<ShellJobs> shell_jobs;  // belongs to the agent; null: no command can be left running
};

}  // namespace orch::actions
