// The program without its main: finds the command, parses, runs, reports errors.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal/environment.h"

namespace orch::cli {

// `args` without the program's name. Returns the exit code; all output is flushed. Never throws,
// never exits.
int RunOrchctl(const std::vector<std::string>& args, Environment* env);

}  // namespace orch::cli
