// A rate with a burst: tokens come at a steady rate up to a maximum and are taken by what costs. Debt is
// allowed, so that one piece larger than the burst passes and is paid for afterwards. Not thread-safe.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace orch {

class TokenBucket {
 public:
  // `per_second` > 0; starts full.
  TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // `now`: Clock::Steady. Takes `tokens` also when fewer are there.
  void Take(double tokens, absl::Duration now) {
    Refill(now);
    tokens_ -= tokens;
  }
  // Takes `tokens` only when they are there.
  bool TryTake(double tokens, absl::Duration now) {
    Refill(now);
    if (tokens_ < tokens) return false;
    tokens_ -= tokens;
    return true;
  }
  // How long until the debt is paid; zero when there is none.
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
