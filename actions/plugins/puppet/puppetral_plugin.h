// The plugin "puppetral": Puppet's resource abstraction layer, in warm processes of Puppet's own ruby
// (actions/ruby/puppetral.rb). Thread-safe.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"
#include "actions/worker/warm_worker.h"

namespace orch::actions {

class PuppetralPlugin final : public BuiltinPlugin {
 public:
  static constexpr size_t kProcesses = 2;  // default of puppetral.processes; about 80 MB each

  // Settings: puppet.command, puppet.config and puppet.path as for the plugin puppet; ruby.scripts, puppetral.idle,
  // puppetral.processes. NotFound if the node has no Puppet or no ruby for it.
  static absl::StatusOr<std::shared_ptr<Plugin>> Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                        const BuiltinOptions& options, const Clock* clock);

  // The number of its processes; further runs would only wait inside the action.
  int MaxConcurrency(absl::string_view action) const override;

  // True, because its warm processes belong to the node agent.
  bool NeedsAgent(absl::string_view) const override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  PuppetralPlugin(std::shared_ptr<const ddl::Plugin> ddl, const WarmWorker::Options& options, const Clock* clock);

  const size_t processes_;
  WarmWorker worker_;
};

}  // namespace orch::actions
