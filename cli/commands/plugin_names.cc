#include "cli/commands/plugin_names.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "actions/ddl/builtin_plugins.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/session/plugin_source.h"

namespace orch::cli {

const std::vector<std::string>& BuiltInPlugins() {
  static const auto* const names =
      new std::vector<std::string>(ddl::kBuiltinPlugins.begin(), ddl::kBuiltinPlugins.end());
  return *names;
}

absl::Status CheckNewPluginName(const std::string& name) {
  ORCH_RETURN_IF_ERROR(CheckPluginName(name));
  const std::vector<std::string>& built_in = BuiltInPlugins();
  if (std::find(built_in.begin(), built_in.end(), name) != built_in.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a plugin cannot be called '", name,
                     "': a plugin built into the node has this name and stays; choose another"));
  }
  if (CommandNamed(name) != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("a plugin cannot be called '", name, "': 'orchctl ", name,
                                                   "' is a command of its own; choose another name"));
  }
  return absl::OkStatus();
}

}  // namespace orch::cli
