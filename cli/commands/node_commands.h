// The commands `orchctl node ...`.
#pragma once

#include <memory>
#include <vector>

#include "cli/commands/command.h"

namespace orch::cli {

// Returns the rows of `orchctl node` in the table of commands.
std::vector<CommandEntry> NodeVerbs();

// Each is written in the source of its name.
CommandEntry NodeLabelVerb();
CommandEntry NodeListVerb();

}  // namespace orch::cli
