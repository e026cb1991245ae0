// Facts written as text by people and programs: key=value lines, JSON, YAML. Any thread; no state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

// "key=value" lines; blank lines and #comments are skipped; values are text. InvalidArgument names
// "SOURCE:LINE".
absl::StatusOr<Json> ParseTextFacts(absl::string_view text, absl::string_view source);

// What an executable printed: JSON when it begins with '{', key=value lines when all lines are,
// else YAML.
absl::StatusOr<Json> ParsePrintedFacts(absl::string_view text, absl::string_view source);

// By the ending of `name`: .json, .yaml, .yml, .txt.
bool HasFactFileEnding(absl::string_view name);
absl::StatusOr<Json> ParseFactFile(absl::string_view name, absl::string_view text, absl::string_view source);

}  // namespace orch::nodeagent
