// The plugin "nrpe": the checks of Nagios' remote plugin executor, without its daemon and without a
// shell.
//
// Settings: those of actions/plugins/nrpe/checks.h, nrpe.allow_args (false: requests may not give arguments),
// nrpe.command_timeout (seconds one check may take, 10), nrpe.path (folders to look for programs in, as
// in PATH).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"

namespace orch::actions {

class NrpePlugin final : public BuiltinPlugin {
 public:
  NrpePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  Reply RunOne(const Request& request, const Context& context, const std::map<std::string, std::string>& checks) const;
  Reply RunAll(const Context& context, const std::map<std::string, std::string>& checks) const;

  const std::map<std::string, std::string> settings_;
};

// The exit code of one check, for the data function; its arguments cannot be given. NotFound when the
// node has no check of that name.
absl::StatusOr<int> CheckExitCode(const std::string& check, const Context& context,
                                  const std::map<std::string, std::string>& settings);

}  // namespace orch::actions
