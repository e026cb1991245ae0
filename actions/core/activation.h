// The setting NAME.activate_agent of MCollective. Pure.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::actions {

// Returns true if it is not set. InvalidArgument for a value that is neither yes nor no.
absl::StatusOr<bool> ActivatedBySettings(const std::map<std::string, std::string>& settings, absl::string_view plugin);

}  // namespace orch::actions
