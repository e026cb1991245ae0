// Parses facts that people and programs write as text: key=value lines, JSON, YAML. Any thread; no state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

// A byte order mark and CRLF are accepted everywhere (base/text_file.h).

// Parses "key=value" lines; blank lines and #comments are skipped; values are text. InvalidArgument names
// "SOURCE:LINE".
absl::StatusOr<Json> ParseTextFacts(absl::string_view text, absl::string_view source);

// Parses the output of an executable: as JSON if it begins with '{', as key=value lines if every line is one, else as
// YAML.
absl::StatusOr<Json> ParsePrintedFacts(absl::string_view text, absl::string_view source);

// Parses one JSON object. Returns FailedPrecondition if the text is blank.
absl::StatusOr<Json> ParseJsonFacts(absl::string_view text, absl::string_view source);

// Returns whether `name` ends in .json, .yaml, .yml or .txt.
bool HasFactFileEnding(absl::string_view name);
// Parses by the ending of `name`, or as YAML if it has none of these. Returns FailedPrecondition if the file holds no
// facts: the file may be about to be written, so it does not count as a statement that there are none, which is {}.
absl::StatusOr<Json> ParseFactFile(absl::string_view name, absl::string_view text, absl::string_view source);

}  // namespace orch::nodeagent
