// The plugin "shell": runs any command by /bin/sh. Off unless the node's configuration and its
// administrator's policy say otherwise; the one place where a text from outside reaches a shell, as its
// declared purpose.
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
  // Cancelled: nobody asked for it. FailedPrecondition: allowed, but shell.policy is missing, empty, or
  // writable by others than root and the agent's own user.
  static absl::StatusOr<std::shared_ptr<Plugin>> Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                        const BuiltinOptions& options, const Clock* clock);

  // Jobs belong to the agent.
  bool NeedsAgent(absl::string_view action) const override { return action != "run"; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  ShellPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

  Reply RunNow(const Request& request, const Context& context) const;
  Reply Start(const Request& request) const;
  Reply Status(const Request& request) const;
  Reply List() const;

  const std::shared_ptr<ShellJobs> jobs_;  // null where there is no agent
};

}  // namespace orch::actions
