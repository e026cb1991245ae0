// Whether a JobSpec can be meant: each field in its range, and no two that contradict each other.
// Pure; what needs the DDL or the fleet is checked elsewhere.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orch/v1/job.pb.h"

namespace orch::hub {

inline constexpr absl::Duration kMaxTaskTimeout = absl::Hours(24);
inline constexpr absl::Duration kMaxPause = absl::Hours(24);  // between batches, before repeats, of a splay
inline constexpr absl::Duration kMaxTtl = absl::Hours(24 * 7);
inline constexpr uint32_t kMaxRetries = 10;
inline constexpr size_t kMaxLockNameBytes = 128;  // of a lock or an idempotency key

// InvalidArgument names the field and the remedy.
absl::Status CheckSpec(const v1::JobSpec& spec);

}  // namespace orch::hub
