// What the last of some words could become: commands, options and their values, plugins, actions,
// inputs, nodes, facts, jobs. What only the hub knows is asked of it; when it does not answer at
// once, there is simply less to offer.
#pragma once

#include <string>
#include <vector>

#include "cli/completion/candidate.h"
#include "cli/session/context.h"

namespace orch::cli {

struct Candidates {
  std::vector<Candidate> list;  // by word, each once
  bool files = false;           // the shell should offer file names
};

// `words`: of the line, without the program's name, up to the one at the cursor (possibly empty).
// Uses the context up: its options become those of the line.
Candidates Complete(Context* context, const std::vector<std::string>& words);

}  // namespace orch::cli
