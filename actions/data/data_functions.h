// The data functions of every node; the table of docs/FILTERS.md has their results, and filter/data_function_table.cc
// repeats their arity for the parser. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/action.h"
#include "actions/core/builtin_options.h"
#include "actions/core/node_state.h"
#include "base/clock.h"
#include "base/json.h"

namespace orch::actions {

// Calls one data function, which may block for kDataFunctionTimeout. NotFound for an unknown name, InvalidArgument for
// a wrong argument; any other error means that the value cannot be found out.
absl::StatusOr<Json> CallBuiltinDataFunction(absl::string_view name, const std::vector<std::string>& arguments,
                                             const NodeState& node, const Clock& clock, const BuiltinOptions& options);
std::vector<std::string> BuiltinDataFunctionNames();

}  // namespace orch::actions
