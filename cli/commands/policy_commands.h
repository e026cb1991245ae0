// The commands `orchctl policy ...`: the rules of access.yaml and policy files, on this machine or in force on the hub.
#pragma once

#include <memory>
#include <vector>

#include "cli/commands/command.h"

namespace orch::cli {

// Returns the rows of `orchctl policy` in the table of commands.
std::vector<CommandEntry> PolicyVerbs();

std::unique_ptr<Command> MakePolicyDiffCommand();
std::unique_ptr<Command> MakePolicyExplainCommand();
std::unique_ptr<Command> MakePolicyLintCommand();
std::unique_ptr<Command> MakePolicyTestCommand();

}  // namespace orch::cli
