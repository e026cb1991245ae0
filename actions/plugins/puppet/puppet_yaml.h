// Parts of large YAML files that Puppet writes. What they mean: base/yaml.h. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace orch::actions {

// The part of a mapping's text that is its top-level key `key`, empty when there is none: a report has
// megabytes of which few are wanted, and parsing costs a second each.
std::string TopLevelSection(absl::string_view text, absl::string_view key);

}  // namespace orch::actions
