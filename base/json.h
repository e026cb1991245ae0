// JSON with bounds. Nothing else in the project calls nlohmann's parser on bytes from outside, and nothing else
// writes JSON: integers of any size keep their digits (base/json_number.h), which nlohmann alone cannot do.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace orch {

using Json = nlohmann::json;

inline constexpr size_t kMaxJsonDepth = 32;
inline constexpr size_t kMaxJsonBytes = 4u << 20;

// Parses one JSON text (RFC 8259, UTF-8; a byte order mark at its start is skipped). Integers and floats stay
// distinct; integers beyond 64 bits keep their digits (IsBigInteger). InvalidArgument with line and column for wrong
// syntax, invalid UTF-8, a repeated key, a float no double can hold, more than `max_bytes` or nesting deeper than 32;
// `what` names the text in the message ("facts file /x").
absl::StatusOr<Json> ParseJson(absl::string_view text, absl::string_view what, size_t max_bytes = kMaxJsonBytes);

// Same, and the text must be one object. Empty text is the empty object.
absl::StatusOr<Json> ParseJsonObject(absl::string_view text, absl::string_view what, size_t max_bytes = kMaxJsonBytes);

// Compact text, or lines indented by `indent` blanks a level. Bytes that are not UTF-8 become U+FFFD, so it never
// fails. Big integers are written as numbers.
std::string DumpJson(const Json& value, int indent = -1);

}  // namespace orch
