// Completion scripts for the shells. They pass the line to `orchctl completion --complete` and show
// its answer, so they need no change when commands change. Pure.
#pragma once

#include <string>

namespace orch::cli {

// First line of the answer of --complete if the shell should offer file names.
inline constexpr char kFilesMark[] = ":files";

// Each returns a script that a user loads into the shell.
std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

}  // namespace orch::cli
