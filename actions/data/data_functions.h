// The data functions that every node has; the table of docs/FILTERS.md says what each returns.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/action.h"
#include "actions/core/builtin_options.h"
#include "base/clock.h"
#include "base/json.h"

namespace orch::actions {

// Calls one data function. It may block for kDataFunctionTimeout (data_function.h). Thread-safe. Errors: NotFound for
// an unknown name, InvalidArgument for a wrong argument; any other error means that the function cannot say.
absl::StatusOr<Json> CallBuiltinDataFunction(absl::string_view name, const std::vector<std::string>& arguments,
                                             const NodeState& node, const Clock& clock, const BuiltinOptions& options);
std::vector<std::string> BuiltinDataFunctionNames();

}  // namespace orch::actions
