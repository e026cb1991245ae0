// YAML text as facts. The core schema's types stay distinct: 10 is an integer, 10.0 a float, "10"
// and '10' are text, ~ is null. Any thread; no state.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxFactSourceBytes = 1u << 20;

// One mapping. InvalidArgument "SOURCE:LINE: …" for wrong syntax, a second document, a repeated or
// non-scalar key, nesting beyond 32, or aliases that unfold to more than 1 MiB. Empty text is {}.
absl::StatusOr<Json> ParseYamlFacts(absl::string_view text, absl::string_view source);

// A plain (unquoted) scalar by the core schema. Integers beyond 64 bits stay text: exact.
Json PlainYamlScalar(absl::string_view text);

}  // namespace orch::nodeagent
