// Full-jitter exponential backoff (Brooker, "Exponential Backoff And Jitter", AWS 2015). Its owner asks it for the next
// wait after each failure. Not thread-safe.
#pragma once

#include <algorithm>

#include "absl/time/time.h"
#include "base/random.h"

namespace orch {

class Backoff {
 public:
  // The n-th wait is uniform in [0, min(ceiling, floor * 2^n)), but never below floor / 2, because a peer that retries
  // immediately meets the same fault again. `random` must outlive this object.
  Backoff(absl::Duration floor, absl::Duration ceiling, Random* random)
      : floor_(floor), ceiling_(ceiling), random_(random), span_(floor) {}

  absl::Duration Next() {
    const absl::Duration wait = std::max(floor_ / 2, span_ * random_->Uniform());
    span_ = std::min(ceiling_, span_ * 2);
    return wait;
  }
  // Starts again at `floor`; called after a success that lasted.
  void Reset() { span_ = floor_; }

 private:
  const absl::Duration floor_;
  const absl::Duration ceiling_;
  Random* const random_;
  absl::Duration span_;
};

}  // namespace orch
