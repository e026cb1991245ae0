// Holds one kind of work on a thread to a share of one processor. Measures the processor time of the calling thread;
// work that took more than the share has to wait until the debt is paid. One thread only.
#pragma once

#include "absl/time/time.h"
#include "base/token_bucket.h"

namespace orch::hub {

class ProcessorShare {
 public:
  // `share`: of one processor, between 0 and 1. A quarter of a second's share may be used at once.
  explicit ProcessorShare(double share) : seconds_(share, share / 4) {}

  // Starts to measure. Each Begin replaces the one before.
  void Begin();
  // Charges `part` (0 to 1) of the processor time spent since Begin. `now`: Clock::Steady, here and below.
  void End(double part, absl::Duration now);
  // Processor time of the calling thread, in seconds.
  static double ThreadSeconds();
  // Does not charge `seconds` of those spent since Begin.
  void Spare(double seconds) { begin_ += seconds; }
  // Charges `seconds` of processor time.
  void Charge(double seconds, absl::Duration now) { seconds_.Take(seconds, now); }
  // How long the work has to wait; zero when the share is not used up.
  absl::Duration Wait(absl::Duration now) const { return TokenBucket(seconds_).Wait(now); }

 private:
  TokenBucket seconds_;
  double begin_ = 0;
};

}  // namespace orch::hub
