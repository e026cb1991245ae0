// The plugin "puppetd": an alias of the plugin "puppet" with the action names and texts of 2011. Thread-safe.
//
// Settings: those of puppet, and puppetd.splaytime (the longest splay of a run that is not forced, in seconds; 0:
// none).
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

class PuppetdPlugin final : public BuiltinPlugin {
 public:
  // NotFound if the node has no Puppet.
  static absl::StatusOr<std::shared_ptr<Plugin>> Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                        const BuiltinOptions& options, const Clock* clock);
  PuppetdPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

  // True, because the agent remembers Puppet's settings, which take a second to read. A run that it starts outlives the
  // agent.
  bool NeedsAgent(absl::string_view) const override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  Reply RunOnce(const Request& request, const Context& context) const;

  const std::map<std::string, std::string> settings_;
  const PuppetProgram program_;
  const std::shared_ptr<PuppetMemory> memory_;
};

}  // namespace orch::actions
