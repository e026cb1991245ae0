// The name below which the labels appear that the hub gives to a node: `trusted.role`. A node cannot set a fact of this
// name itself. Pure.
#pragma once

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace orch::filter {

inline constexpr char kHubFact[] = "trusted";

// Whether only the hub may say a fact of this name. A fact whose own name has a dot counts too ("trusted.role"),
// because a look-up by path finds it first.
inline bool IsHubFact(absl::string_view name) {
  return absl::StartsWith(name, kHubFact) && (name.size() == sizeof(kHubFact) - 1 || name[sizeof(kHubFact) - 1] == '.');
}

}  // namespace orch::filter
