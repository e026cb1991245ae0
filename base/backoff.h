// Full-jitter exponential backoff (Brooker, "Exponential Backoff And Jitter", AWS 2015).
#pragma once

#include <algorithm>

#include "absl/time/time.h"
#include "base/random.h"

namespace orch {

// Not thread-safe.
class Backoff {
 public:
  // The n-th wait is uniform in [0, min(ceiling, floor * 2^n)), but never below floor / 2: a
  // peer that comes back at once finds the same fault again.
  Backoff(absl::Duration floor, absl::Duration ceiling, Random* random)
      : floor_(floor), ceiling_(ceiling), random_(random), span_(floor) {}

  absl::Duration Next() {
    const absl::Duration wait = std::max(floor_ / 2, span_ * random_->Uniform());
    span_ = std::min(ceiling_, span_ * 2);
    return wait;
  }
  // After a success that lasted.
  void Reset() { span_ = floor_; }

 private:
  const absl::Duration floor_;
  const absl::Duration ceiling_;
  Random* const random_;
  absl::Duration span_;
};

}  // namespace orch
