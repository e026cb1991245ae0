// The plugin "shell": runs any command by /bin/sh. It is off unless both the configuration of the node and a policy of
// its administrator turn it on. Only here does a text from outside reach a shell, as its declared purpose. Thread-safe.
//
// Settings: shell.allow (false), shell.policies_dir (/etc/orch/policies).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"
#include "actions/plugins/shell/shell_jobs.h"

namespace orch::actions {

class ShellPlugin final : public BuiltinPlugin {
 public:
  // Cancelled if the configuration does not allow it. FailedPrecondition if it is allowed, but shell.policy is missing,
  // empty, or writable by anybody but root and the user of the agent.
  static absl::StatusOr<std::shared_ptr<Plugin>> Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                        const BuiltinOptions& options, const Clock* clock);

  // True for all actions but run, because jobs belong to the agent.
  bool NeedsAgent(absl::string_view action) const override { return action != "run"; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  ShellPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

  Reply RunNow(const Request& request, const Context& context) const;
  Reply Start(const Request& request) const;
  Reply Status(const Request& request) const;
  Reply List() const;

  const std::shared_ptr<ShellJobs> jobs_;  // null outside the agent
};

}  // namespace orch::actions
