// How long this node waits before it starts a job whose starts are splayed over time. Pure; any thread.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::nodeagent {

inline constexpr absl::Duration kMaxSplay = absl::Hours(24);

// Returns a delay in [0, splay), spread evenly over nodes and attempts, and always the same for one attempt on one
// node.
absl::Duration SplayDelay(absl::string_view attempt_id, absl::string_view identity, absl::Duration splay);

}  // namespace orch::nodeagent
