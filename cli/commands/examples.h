// The examples of the help screens: two or three command lines each. A test parses them with the
// options of their commands. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::cli {

// Returns the examples of a command by its full name ("job list"), or of orchctl as a whole for "".
// Each begins with "orchctl ".
std::vector<std::string> ExamplesOf(absl::string_view command);

// Returns the block "Examples" of a help screen; empty without examples.
std::string ExamplesText(const std::vector<std::string>& examples);

}  // namespace orch::cli
