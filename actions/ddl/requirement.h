// Reads metadata.requires of a DDL, {"orch": ">=0.1"}: the versions of orch that the plugin needs. Only load.cc uses
// it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "actions/ddl/place.h"

namespace orch::ddl {

// Returns the text for "orch", or "". Other names, and a text that is no comparison with a version, are errors.
absl::StatusOr<std::string> LoadRequires(const Place& metadata);

}  // namespace orch::ddl
