// Reads the list of resources that the last catalog of Puppet manages. Thread-safe; keeps no state.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::actions {

inline constexpr size_t kMaxResourcesBytes = 16u << 20;

// Returns the lines, such as "file[/etc/hosts]"; none if there was no catalog.
absl::StatusOr<std::vector<std::string>> ReadManagedResources(const std::string& resources);

// Whether the list has `resource` ("File[/srv/README]", with the type in any case). Older versions of Puppet keep the
// case of names in the list, and Puppet 7 writes all in lower case; a name in either form counts, because managed
// resources must not be changed by hand. Paths of files are normalized before the comparison. puppetral.rb follows the
// same rule.
bool IsManaged(const std::vector<std::string>& managed, absl::string_view resource);

// Returns the number of resources by type: {"File": 3, "Service": 1}.
Json TypeDistribution(const std::vector<std::string>& managed);

}  // namespace orch::actions
