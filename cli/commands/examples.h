// Two or three command lines for each help screen. A test runs them through the options of their commands.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::cli {

// For a command by its full name ("job list"), or "" for orchctl as a whole; each begins with "orchctl ".
std::vector<std::string> ExamplesOf(absl::string_view command);

// The block of a help screen; empty without examples.
std::string ExamplesText(const std::vector<std::string>& examples);

}  // namespace orch::cli
