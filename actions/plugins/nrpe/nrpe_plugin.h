// The plugin "nrpe": runs the checks of Nagios' remote plugin executor without its daemon and without a shell.
// Thread-safe.
//
// Settings: those of checks.h, nrpe.allow_args (false: requests may not have arguments), nrpe.command_timeout (seconds
// for one check, 10), nrpe.path (the folders in which programs are searched, as in PATH).
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

// Returns the exit code of one check without arguments, for the data function. NotFound if the node has no such check.
absl::StatusOr<int> CheckExitCode(const std::string& check, const Context& context,
                                  const std::map<std::string, std::string>& settings);

}  // namespace orch::actions
