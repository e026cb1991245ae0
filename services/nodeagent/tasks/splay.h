// How long this node waits before it starts a job that is to be splayed over time. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::nodeagent {

inline constexpr absl::Duration kMaxSplay = absl::Hours(24);

// In [0, splay), spread evenly over nodes and jobs; always the same for one job on one node.
absl::Duration SplayDelay(absl::string_view job_id, absl::string_view identity, absl::Duration splay);

}  // namespace orch::nodeagent
