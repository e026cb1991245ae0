// Runs a program that controls the terminal for a while, such as a pager. It stays in this process group, inherits the
// environment and standard output, and reads its text from this program. Only orchctl uses it, on its main thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

// Starts `argv` (argv[0] is searched in PATH), writes `text` to its standard input and waits for its end; the program
// need not read all of the text. SIGINT and SIGQUIT go to the program meanwhile. An error means that the program did
// not start and showed nothing; its exit code is ignored.
absl::Status RunInForeground(const std::vector<std::string>& argv, absl::string_view text);

}  // namespace orch
