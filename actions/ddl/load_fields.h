// Reading one input, output or aggregate of a DDL. Used by load.cc only.
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

// The type's name as DDLs write it.
absl::string_view TypeName(InputType type);
// "" when the value is of the type, else what it must be ("must be an integer").
std::string TypeProblem(const Input& input, const Json& value);

}  // namespace orch::ddl
