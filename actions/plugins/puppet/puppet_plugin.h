// The plugin "puppet": controls Puppet's agent on this node. It reads Puppet's files and starts runs. Thread-safe.
//
// Settings, which begin with "puppet.": command, config, path (see PuppetProgram), splay (true), splaylimit (30,
// seconds), signal_daemon (true), allow_server_override (false), and those of puppet_resource.h.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"
#include "actions/puppet/puppet_memory.h"
#include "actions/puppet/puppet_program.h"

namespace orch::actions {

class PuppetPlugin final : public BuiltinPlugin {
 public:
  // NotFound if the node has no Puppet.
  static absl::StatusOr<std::shared_ptr<Plugin>> Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                        const BuiltinOptions& options, const Clock* clock);
  PuppetPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

  // True, because the agent remembers Puppet's settings, which take a second to read. A run that it starts outlives the
  // agent.
  bool NeedsAgent(absl::string_view) const override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  const std::map<std::string, std::string> settings_;
  const PuppetProgram program_;
  const std::shared_ptr<PuppetMemory> memory_;
};

}  // namespace orch::actions
