// Reads and writes JSON, with bounds. Nothing else in the project calls nlohmann's parser on bytes from outside, and
// nothing else writes JSON, because nlohmann alone loses the digits of large integers (json_number.h). Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json_value.h"

namespace orch {

inline constexpr size_t kMaxJsonDepth = 32;
inline constexpr size_t kMaxJsonBytes = 4u << 20;

// Parses one JSON text (RFC 8259, UTF-8; a byte order mark at its start is skipped). Integers and floats stay
// distinct; integers beyond 64 bits keep their digits (IsBigInteger). InvalidArgument with line and column for wrong
// syntax, invalid UTF-8, a repeated key, a float no double can hold, more than `max_bytes` or nesting deeper than 32;
// `what` names the text in the message ("facts file /x").
absl::StatusOr<Json> ParseJson(absl::string_view text, absl::string_view what, size_t max_bytes = kMaxJsonBytes);

// Same, but the text must be one object. An empty text means the empty object.
absl::StatusOr<Json> ParseJsonObject(absl::string_view text, absl::string_view what, size_t max_bytes = kMaxJsonBytes);

// Returns compact text, or lines that are indented by `indent` blanks a level. Never fails: bytes that are not UTF-8
// become U+FFFD. Big integers are written as numbers.
std::string DumpJson(const Json& value, int indent = -1);

}  // namespace orch
