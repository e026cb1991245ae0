// `orchctl PLUGIN ACTION --input value`: commands made from a DDL, for plugins that have none of
// their own. The hub is asked for the DDL before the words can be parsed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/commands/command.h"

namespace orch::cli {

// The command `name` with these words; the action's name is taken out of them. Common options may
// stand before the action, its inputs after it. An error says what the fleet has, or that it could
// not be asked. `general`: words of $ORCHCTL_OPTS, which may say where the hub is. The instance is
// bound to the context's options, which are reset.
absl::StatusOr<CommandInstance> MakeTypedCommand(Context* context, const std::string& name,
                                                 const std::vector<std::string>& general,
                                                 std::vector<std::string>* words);

}  // namespace orch::cli
