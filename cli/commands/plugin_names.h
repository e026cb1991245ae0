// Names that a new plugin cannot have although they are well-formed, because a plugin of the node
// or a command of orchctl has them already. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::cli {

// Returns the sorted names of the plugins that are built into the node agent, which refuses others
// with these names.
const std::vector<std::string>& BuiltInPlugins();

// InvalidArgument if the name is taken; the message says what has it and what to do.
absl::Status CheckNewPluginName(const std::string& name);

}  // namespace orch::cli
