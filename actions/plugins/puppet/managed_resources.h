// What the last catalog manages, by the list Puppet leaves on the node.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::actions {

inline constexpr size_t kMaxResourcesBytes = 16u << 20;

// "file[/etc/hosts]", a line each; none when there was no catalog.
absl::StatusOr<std::vector<std::string>> ReadManagedResources(const std::string& resources);

// Whether `resource` ("File[/srv/README]", the type in any case) stands in the list. Older Puppets keep the
// case of names there, Puppet 7 writes everything in lower case: a name that stands there in either way
// counts, because what is managed must not be changed by hand. Paths of files count as the same however many
// slashes and dots they are written with. puppetral.rb follows the same rule.
bool IsManaged(const std::vector<std::string>& managed, absl::string_view resource);

// {"File": 3, "Service": 1}.
Json TypeDistribution(const std::vector<std::string>& managed);

}  // namespace orch::actions
