// Cuts parts out of large YAML files that Puppet writes; base/yaml.h parses them. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace orch::actions {

// Returns the text of the top-level key `key` of a mapping; empty if there is none. A report has megabytes, of which
// little is needed, and parsing one megabyte takes a second.
std::string TopLevelSection(absl::string_view text, absl::string_view key);

}  // namespace orch::actions
