// A check's command line as it stands in NRPE's configuration, turned into an argument vector without
// a shell. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::actions {

inline constexpr size_t kMaxCheckArguments = 16;  // $ARG1$ to $ARG16$, as NRPE has them

// Words as a shell would split them: blanks, '…', "…" and \. What only a shell could do (pipes,
// redirections, variables, patterns) is InvalidArgument, naming it. A word holds $ARGn$ as it is
// written; an argument takes its place inside the word and is never split or read again; a word that is
// nothing but arguments left empty is dropped. `arguments` null: none are allowed, and a line that
// wants one is FailedPrecondition.
absl::StatusOr<std::vector<std::string>> CheckArgv(absl::string_view line, const std::vector<std::string>* arguments);

}  // namespace orch::actions
