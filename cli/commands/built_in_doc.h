// The documentation that `orchctl plugin doc` prints for built-in data functions, validators and
// aggregates. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::cli {

// Returns all names under headings.
std::string BuiltInText();
// Documents a name such as "data/fstat", "validator/shellsafe" or "aggregate/summary"; empty for
// any other name.
std::string BuiltInDoc(absl::string_view name);
// The same as JSON: {"data": [...], "validators": [...], "aggregates": [...]}, and an object with
// `kind` and `name`, or null.
Json BuiltInJson();
Json BuiltInDocJson(absl::string_view name);

}  // namespace orch::cli
