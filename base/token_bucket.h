// Limits a rate and allows bursts: tokens arrive at a steady rate up to a maximum, and work takes tokens. Debt is
// allowed, so that one piece of work larger than the burst passes and is paid for afterwards. Not thread-safe.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace orch {

class TokenBucket {
 public:
  // The bucket starts full. `per_second` must be above 0.
  TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // Takes `tokens` even if the bucket holds fewer. `now` is Clock::Steady in all methods.
  void Take(double tokens, absl::Duration now) {
    Refill(now);
    tokens_ -= tokens;
  }
  // Takes `tokens` only if the bucket holds them.
  bool TryTake(double tokens, absl::Duration now) {
    Refill(now);
    if (tokens_ < tokens) return false;
    tokens_ -= tokens;
    return true;
  }
  // The time until the debt is paid; zero if there is no debt.
  absl::Duration Wait(absl::Duration now) {
    Refill(now);
    return tokens_ >= 0 ? absl::ZeroDuration() : absl::Seconds(-tokens_ / per_second_);
  }
  bool full(absl::Duration now) {
    Refill(now);
    return tokens_ >= burst_;
  }

 private:
  void Refill(absl::Duration now) {
    if (now <= at_) return;
    if (at_ > kNever) tokens_ = std::min(burst_, tokens_ + per_second_ * absl::ToDoubleSeconds(now - at_));
    at_ = now;
  }

  static constexpr absl::Duration kNever = -absl::InfiniteDuration();

  double per_second_;
  double burst_;
  double tokens_;
  absl::Duration at_ = kNever;  // of the last refill
};

}  // namespace orch
