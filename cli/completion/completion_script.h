// Completion scripts. They only hand the line to `orchctl completion --complete` and show what it
// answers, so they never go out of date. Pure.
#pragma once

#include <string>

namespace orch::cli {

// First line of --complete's answer when the shell should offer file names.
inline constexpr char kFilesMark[] = ":files";

std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

}  // namespace orch::cli
