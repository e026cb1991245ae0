// One of MCollective's Ruby agents, in warm processes of its own. Thread-safe. Made by
// LoadMcollectiveAgents.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actions/core/builtin_plugin.h"
#include "actions/worker/warm_worker.h"

namespace orch::actions {

class McollectivePlugin final : public BuiltinPlugin {
 public:
  // `settings`: of all plugins, for the agent's configuration.
  McollectivePlugin(std::shared_ptr<const ddl::Plugin> ddl, std::vector<std::string> libdirs,
                    std::map<std::string, std::string> settings, const WarmWorker::Options& options,
                    const Clock* clock);

  // More would wait for a process inside the action.
  int MaxConcurrency(absl::string_view action) const override;
  // Its warm process is the agent's.
  bool NeedsAgent(absl::string_view) const override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  const std::vector<std::string> libdirs_;
  const std::map<std::string, std::string> settings_;
  const size_t processes_;
  WarmWorker worker_;
};

// What an agent finds in MCollective's Config.
Json McollectiveConfig(const std::vector<std::string>& libdirs, const std::map<std::string, std::string>& settings);

}  // namespace orch::actions
