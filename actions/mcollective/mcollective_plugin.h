// One of MCollective's Ruby agents, which runs in warm processes of its own. LoadMcollectiveAgents makes it.
// Thread-safe.
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
  // `settings` are those of all plugins, which an agent can read.
  McollectivePlugin(std::shared_ptr<const ddl::Plugin> ddl, std::vector<std::string> libdirs,
                    std::map<std::string, std::string> settings, const WarmWorker::Options& options,
                    const Clock* clock);

  // The number of its processes; further runs would only wait inside the action.
  int MaxConcurrency(absl::string_view action) const override;
  // True, because its warm processes belong to the node agent.
  bool NeedsAgent(absl::string_view) const override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  const std::vector<std::string> libdirs_;
  const std::map<std::string, std::string> settings_;
  const size_t processes_;
  WarmWorker worker_;
};

// Returns the contents of MCollective's Config for an agent.
Json McollectiveConfig(const std::vector<std::string>& libdirs, const std::map<std::string, std::string>& settings);

}  // namespace orch::actions
