// Inputs that need not stand on the command line, where every user of the machine can read them: from a file,
// from standard input, or asked for on the terminal. Only what the DDL calls sensitive is read from @FILE: in
// any other input an @ is an ordinary character.
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

inline constexpr size_t kMaxInputBytes = 1u << 20;  // of one file of inputs

// Each sensitive argument "@FILE" becomes what the file holds without its last line end, "@-" what standard
// input holds (on a terminal: a line that is typed unseen); "@@x" is the text "@x". No value is in an error.
absl::Status ReadSensitiveArguments(Context* context, const ddl::Action& action,
                                    std::vector<std::pair<std::string, std::string>>* arguments);

// Adds the members of --input-file's JSON object. InvalidArgument for one that is among the inputs already.
absl::Status AddInputFile(Context* context, Json* inputs);

// Where somebody can be asked, asks for each sensitive input that is required and not there. Else the error
// says how it can be given.
absl::Status AskForSensitiveInputs(Context* context, const ddl::Action& action, Json* inputs);

// One of them, whether it is required or not; there must be somebody to ask.
absl::Status AskForSensitiveInput(Context* context, const ddl::Action& action, const ddl::Input& input, Json* inputs);

}  // namespace orch::cli
