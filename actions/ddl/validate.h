// Checks the inputs of a request against the DDL. Client, hub and node run the same checks. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"

namespace orch::ddl {

// Returns the action. NotFound: "plugin package has no action 'instal'; did you mean install? It has: count, …".
absl::StatusOr<const Action*> RequireAction(const Plugin& plugin, absl::string_view action);

// Splits a word "key=value" at the first '='; "key=" means the empty text. InvalidArgument tells the form.
absl::StatusOr<std::pair<std::string, std::string>> SplitArgument(absl::string_view word);

// Converts the values of a command line to the declared types: booleans from true/t/yes/y/1 and false/f/no/n/0 in any
// case; integers, floats and numbers with an optional sign; hash and array from JSON text. A repeated key and, without
// additional_inputs, an undeclared key are errors; the message names the nearest known key.
absl::StatusOr<Json> CoerceArguments(const Action& action,
                                     const std::vector<std::pair<std::string, std::string>>& arguments);

// Sets every absent input that has a default.
void FillInputDefaults(const Action& action, Json* inputs);
// Sets every output that has a default, before the action runs.
void FillOutputDefaults(const Action& action, Json* data);

// Checks all inputs. A missing input is FailedPrecondition (status code 3 for the caller); other faults are
// InvalidArgument (status code 4). The message begins "input 'package': " and never quotes a sensitive value.
absl::Status ValidateInputs(const Plugin& plugin, const Action& action, const Json& inputs);

// Returns a copy with "***" in place of sensitive values.
Json Redact(const Action& action, const Json& inputs);

}  // namespace orch::ddl
