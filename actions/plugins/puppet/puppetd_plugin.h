// The plugin "puppetd": the plugin "puppet" under the name and in the words of 2011.
//
// Settings: those of puppet, and puppetd.splaytime (0: no splay; seconds a run waits at most when it is
// not forced).
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
  // NotFound on a node without Puppet.
  static absl::StatusOr<std::shared_ptr<Plugin>> Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                        const BuiltinOptions& options, const Clock* clock);
  PuppetdPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

  // What it knows of Puppet's settings took a second to learn and lives in the agent; a run it starts outlives both.
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
