// `orchctl PLUGIN ACTION --input value`: commands made from a DDL, for plugins without a command of
// their own. The DDL comes from the hub before the words can be parsed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/commands/command.h"

namespace orch::cli {

// Makes the command `name` and removes the action's name from `words`. Common options may stand
// before the action, its inputs only after it. An error names what the fleet offers, or says that
// the hub could not be asked. `general` are the words of $ORCHCTL_OPTS, which may name the hub. The
// instance is bound to the context's options, which are reset.
absl::StatusOr<CommandInstance> MakeTypedCommand(Context* context, const std::string& name,
                                                 const std::vector<std::string>& general,
                                                 std::vector<std::string>* words);

}  // namespace orch::cli
