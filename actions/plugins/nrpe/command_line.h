// Converts the command line of a check in NRPE's configuration to an argument vector, without a shell. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::actions {

inline constexpr size_t kMaxCheckArguments = 16;  // $ARG1$ to $ARG16$, as in NRPE

// Splits the line into words as a shell does, with blanks, '…', "…" and \. InvalidArgument names a construct that needs
// a shell: pipes, redirections, variables, patterns. Each $ARGn$ in a word is replaced by an argument, which is never
// split or interpreted; a word that consists only of empty arguments is dropped. If `arguments` is null, none are
// allowed, and a line that needs one is FailedPrecondition.
absl::StatusOr<std::vector<std::string>> CheckArgv(absl::string_view line, const std::vector<std::string>* arguments);

}  // namespace orch::actions
