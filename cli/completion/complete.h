// Completes the last of the words of a command line: commands, options and their values, plugins,
// actions, inputs, nodes, facts, jobs. It asks the hub only for candidates that only the hub knows;
// if the hub does not answer quickly, fewer candidates are offered. One thread.
#pragma once

#include <string>
#include <vector>

#include "cli/completion/candidate.h"
#include "cli/session/context.h"

namespace orch::cli {

struct Candidates {
  std::vector<Candidate> list;  // sorted by word, each once
  bool files = false;           // whether the shell should offer file names
};

// `words` are the words of the line without the program's name, up to the one at the cursor, which
// may be empty. The context cannot be used afterwards, because its options become those of the
// line.
Candidates Complete(Context* context, const std::vector<std::string>& words);

}  // namespace orch::cli
