// The source of time. main makes one and passes it to whatever needs time; only base/ asks the system. Thread-safe.
#pragma once

#include "absl/time/time.h"

namespace orch {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time, which may jump. Use it for times that are shown, signed or compared across machines.
  virtual absl::Time Now() const = 0;
  // Time since an arbitrary start; never runs backwards. Use it for deadlines and latencies.
  virtual absl::Duration Steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Steady() const override;
};

}  // namespace orch
