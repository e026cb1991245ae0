// JSON with bounds. Nothing else in the project calls nlohmann's parser on bytes from outside.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace orch {

using Json = nlohmann::json;

inline constexpr size_t kMaxJsonDepth = 32;
inline constexpr size_t kMaxJsonBytes = 4u << 20;

// Parses one JSON text (RFC 8259, UTF-8). Integers and floats stay distinct. InvalidArgument with
// line and column for wrong syntax, invalid UTF-8, a repeated key, more than `max_bytes` or nesting
// deeper than 32; `what` names the text in the message ("facts file /x").
absl::StatusOr<Json> ParseJson(absl::string_view text, absl::string_view what, size_t max_bytes = kMaxJsonBytes);

// Same, and the text must be one object. Empty text is the empty object.
absl::StatusOr<Json> ParseJsonObject(absl::string_view text, absl::string_view what, size_t max_bytes = kMaxJsonBytes);

// Compact text; bytes that are not UTF-8 become U+FFFD, so it never fails.
std::string DumpJson(const Json& value);

}  // namespace orch
