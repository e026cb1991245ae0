// The DDLs of the built-in plugins (actions/plugins/NAME/*.json), which the build embeds in the program. Constant.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::actions {

// Returns the text of a DDL; empty for a name that is not built in.
absl::string_view EmbeddedDdl(absl::string_view plugin);

}  // namespace orch::actions
