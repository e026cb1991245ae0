// Reads the YAML of our own configuration, strictly, into a flat list of keys; base/yaml.h reads all other YAML. Only
// config_file.cc uses it. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

struct ConfigEntry {
  std::string key;  // "tls.mode"
  // One item for a scalar; none for a null or an empty mapping.
  std::vector<std::string> items;
  bool is_list = false;
  int line = 0;
};

// InvalidArgument with "name:line:" for wrong syntax, more than 32 levels, anchors and aliases, tags, keys or list
// items that are not scalars, and a second document. Repeated keys are all returned.
absl::StatusOr<std::vector<ConfigEntry>> ParseConfigText(absl::string_view text, absl::string_view name);

}  // namespace orch
