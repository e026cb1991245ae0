// The versions of orch a plugin says it needs: metadata.requires, {"orch": ">=0.1"}. Used by load.cc.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "actions/ddl/place.h"

namespace orch::ddl {

// The text for "orch", or "". An error for other names and for what is no comparison with a version.
absl::StatusOr<std::string> LoadRequires(const Place& metadata);

}  // namespace orch::ddl
