// The DDLs of the built-in plugins (actions/plugins/NAME/*.json), put into the program at build time.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::actions {

// Empty for a name that is not built in.
absl::string_view EmbeddedDdl(absl::string_view plugin);

}  // namespace orch::actions
