// Labels: names with values that the hub gives to a node and that a node cannot claim for itself. Plain values and
// their bounds. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::auth {

using Labels = std::map<std::string, std::string>;

inline constexpr size_t kMaxLabels = 64;  // of one node, from one source
inline constexpr size_t kMaxLabelNameBytes = 63;
inline constexpr size_t kMaxLabelValueBytes = 255;

// Whether the name matches ^[a-z][a-z0-9_]{0,62}$.
bool IsLabelName(absl::string_view name);
// Whether the value is at most kMaxLabelValueBytes of UTF-8 without control characters and invisible ones.
bool IsLabelValue(absl::string_view value);
// InvalidArgument names the label and what is expected; ResourceExhausted when there are too many.
absl::Status CheckLabelName(absl::string_view name);
absl::Status CheckLabels(const Labels& labels);

}  // namespace orch::auth
