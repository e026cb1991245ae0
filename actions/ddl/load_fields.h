// Reads one input, output or aggregate of a DDL. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/ddl/ddl.h"
#include "actions/ddl/place.h"

namespace orch::ddl {

absl::StatusOr<Input> LoadInput(const std::string& name, const Place& place);
absl::StatusOr<Output> LoadOutput(const std::string& name, const Place& place);
absl::StatusOr<Aggregate> LoadAggregate(const Place& place);

// Returns the name of the type in DDLs.
absl::string_view TypeName(InputType type);
// Returns "" if the value has the type of the input, else what it must be ("must be an integer").
std::string TypeProblem(const Input& input, const Json& value);

}  // namespace orch::ddl
