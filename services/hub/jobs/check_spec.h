// Checks a JobSpec by itself: each field is in its range, and no two contradict each other. Pure. What needs the DDL or
// the fleet is checked by Invocation.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orch/v1/job.pb.h"

namespace orch::hub {

inline constexpr absl::Duration kMaxTaskTimeout = absl::Hours(24);
inline constexpr absl::Duration kMaxPause =
    absl::Hours(24);  // longest pause between batches or before a repeat, and longest splay
inline constexpr absl::Duration kMaxTtl = absl::Hours(24 * 7);
inline constexpr uint32_t kMaxRetries = 10;
inline constexpr size_t kMaxLockNameBytes = 128;  // longest name of a lock, idempotency key and ticket
inline constexpr size_t kMaxReasonBytes = 1024;

// InvalidArgument names the field and the remedy.
absl::Status CheckSpec(const v1::JobSpec& spec);

}  // namespace orch::hub
