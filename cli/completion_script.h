// Completion scripts, written from the table of commands and options. Pure.
#pragma once

#include <string>
#include <vector>

namespace orch::cli {

std::vector<std::string> CommandNames();  // aliases too
std::string BashCompletion();
std::string ZshCompletion();

}  // namespace orch::cli
