// The program without its main function: it finds the command, parses the options, runs the command
// and reports errors.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal/environment.h"

namespace orch::cli {

// `args` are the arguments without the program's name. Returns the exit code after all output is
// flushed. Never throws and never exits the process.
int RunOrchctl(const std::vector<std::string>& args, Environment* env);

}  // namespace orch::cli
