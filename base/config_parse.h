// YAML text to a flat list of keys: the strict reading of our own configuration (other YAML: base/yaml.h). Only
// config_file.cc uses it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

struct ConfigEntry {
  std::string key;  // "tls.mode"
  // One for a scalar; none for a null or for an empty mapping.
  std::vector<std::string> items;
  bool is_list = false;
  int line = 0;
};

// InvalidArgument with "name:line:" for wrong syntax, nesting deeper than 32, anchors and aliases
// (nothing is expanded), tags, keys or list items that are not scalars, a second document. Repeated
// keys are returned as they stand.
absl::StatusOr<std::vector<ConfigEntry>> ParseConfigText(absl::string_view text, absl::string_view name);

}  // namespace orch
