// The family `orchctl node`.
#pragma once

#include <memory>
#include <vector>

#include "cli/commands/command.h"

namespace orch::cli {

// Rows of the table of commands.
std::vector<CommandEntry> NodeVerbs();

}  // namespace orch::cli
