// Where time comes from. Passed in everywhere; only base/ asks the system.
#pragma once

#include "absl/time/time.h"

namespace orch {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time. May jump; for what is shown, signed or compared across machines.
  virtual absl::Time Now() const = 0;
  // Time since an arbitrary start that never runs backwards. For deadlines and latencies.
  virtual absl::Duration Steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Steady() const override;
};

}  // namespace orch
