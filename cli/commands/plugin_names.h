// Names that a new plugin cannot have, though the rules for names allow them: another thing answers to
// them already, on the node or on the command line. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::cli {

// The plugins built into the node agent, by name. A node keeps its own and refuses another of the name.
const std::vector<std::string>& BuiltInPlugins();

// InvalidArgument says what has the name and what to do.
absl::Status CheckNewPluginName(const std::string& name);

}  // namespace orch::cli
