// The data functions puppet() and resource(), which read the files that Puppet writes. Thread-safe.
#pragma once

#include "actions/data/data_function.h"

namespace orch::actions {

absl::StatusOr<Json> PuppetStateData(const DataCall& call);
// With an argument such as "File[/etc/hosts]", also tells whether the last catalog managed that resource.
absl::StatusOr<Json> PuppetResourceData(const DataCall& call);

}  // namespace orch::actions
