// Inputs that do not stand on the command line, where every user of the machine could read them:
// they come from a file, from standard input, or from a question on the terminal. Only inputs that
// the DDL declares sensitive are read from @FILE; in other inputs @ is an ordinary character. No
// error contains a value.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"
#include "cli/session/context.h"

namespace orch::cli {

inline constexpr size_t kMaxInputBytes = 1u << 20;  // of one file with inputs

// Replaces each sensitive argument "@FILE" by the content of the file without its last line end,
// "@-" by standard input (on a terminal: one line, read without echo), and "@@x" by the text "@x".
absl::Status ReadSensitiveArguments(Context* context, const ddl::Action& action,
                                    std::vector<std::pair<std::string, std::string>>* arguments);

// Adds the members of --input-file's JSON object to `inputs`. InvalidArgument if one of them is
// there already.
absl::Status AddInputFile(Context* context, Json* inputs);

// Asks for each required sensitive input that is missing. If nobody can be asked, returns
// InvalidArgument, which says how to give the input.
absl::Status AskForSensitiveInputs(Context* context, const ddl::Action& action, Json* inputs);

// Asks for the sensitive input `input`, also if it is optional. The caller makes sure that a person
// can be asked.
absl::Status AskForSensitiveInput(Context* context, const ddl::Action& action, const ddl::Input& input, Json* inputs);

}  // namespace orch::cli
