// The commands about who may do what: `orchctl login`, `logout`, `whoami` and `approval ...`.
#pragma once

#include <memory>
#include <vector>

#include "cli/commands/command.h"

namespace orch::cli {

std::unique_ptr<Command> MakeWhoAmICommand();
std::unique_ptr<Command> MakeLoginCommand();
std::unique_ptr<Command> MakeLogoutCommand();
// Returns the rows of `orchctl approval` in the table of commands.
std::vector<CommandEntry> ApprovalVerbs();

}  // namespace orch::cli
