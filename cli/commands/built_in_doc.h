// What `orchctl plugin doc` says of things that are built in: data functions, validators, summaries.
// Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::cli {

// The lists, under headings.
std::string BuiltInText();
// Of "data/fstat", "validator/shellsafe" or "aggregate/summary"; empty when it is none of these.
std::string BuiltInDoc(absl::string_view name);
// The same for programs: {"data": [...], "validators": [...], "aggregates": [...]}; an object with `kind` and
// `name`, or null.
Json BuiltInJson();
Json BuiltInDocJson(absl::string_view name);

}  // namespace orch::cli
