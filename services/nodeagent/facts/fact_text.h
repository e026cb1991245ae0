// Facts written as text by people and programs: key=value lines, JSON, YAML. Any thread; no state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

// A byte order mark and CRLF are accepted everywhere (base/text_file.h).

// "key=value" lines; blank lines and #comments are skipped; values are text. InvalidArgument names
// "SOURCE:LINE".
absl::StatusOr<Json> ParseTextFacts(absl::string_view text, absl::string_view source);

// What an executable printed: JSON when it begins with '{', key=value lines when all lines are,
// else YAML.
absl::StatusOr<Json> ParsePrintedFacts(absl::string_view text, absl::string_view source);

// One JSON object. FailedPrecondition when the text is blank.
absl::StatusOr<Json> ParseJsonFacts(absl::string_view text, absl::string_view source);

// Whether `name` ends in .json, .yaml, .yml or .txt.
bool HasFactFileEnding(absl::string_view name);
// By the ending of `name`, YAML when there is none of these. FailedPrecondition when the file holds no facts: it may be
// about to be written, so it is not taken for a file that says "none". One that does is {} in JSON or YAML.
absl::StatusOr<Json> ParseFactFile(absl::string_view name, absl::string_view text, absl::string_view source);

}  // namespace orch::nodeagent
