// The data functions puppet() and resource(): what Puppet's own files say.
#pragma once

#include "actions/data/data_function.h"

namespace orch::actions {

absl::StatusOr<Json> PuppetStateData(const DataCall& call);
// With an argument such as "File[/etc/hosts]" also whether the last catalog managed it.
absl::StatusOr<Json> PuppetResourceData(const DataCall& call);

}  // namespace orch::actions
