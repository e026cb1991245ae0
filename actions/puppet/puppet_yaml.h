// YAML as Puppet writes it, as JSON: Ruby's tags are dropped, symbols (":name") lose their colon.
// Anchors are followed. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::actions {

inline constexpr size_t kMaxYamlValues = 500'000;  // of one text, those behind anchors each time they are used

// InvalidArgument names `what` and the line. At most kMaxJsonDepth deep.
absl::StatusOr<Json> ParsePuppetYaml(const std::string& text, absl::string_view what);

// The part of a mapping's text that is its top-level key `key`, empty when there is none: a report has
// megabytes of which few are wanted, and parsing costs a second each.
std::string TopLevelSection(absl::string_view text, absl::string_view key);

}  // namespace orch::actions
