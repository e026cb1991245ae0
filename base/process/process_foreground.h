// A program that has the terminal to itself for a while, such as a pager: it stays in our process group, has our
// environment and our standard output, and reads its text from us.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

// Starts `argv` (argv[0] is searched in PATH), gives it `text` as standard input and waits for its end; it need not
// read all of it. SIGINT and SIGQUIT are the program's meanwhile. An error means that it could not be started and
// has shown nothing; how it ended is not told.
absl::Status RunInForeground(const std::vector<std::string>& argv, absl::string_view text);

}  // namespace orch
