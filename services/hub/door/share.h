// One identity's share of the hub, and the limits of a share. Owned by the ShareTable and by the connections that use
// it, so that a new connection does not bring a fresh share. The door's thread only, except what is the table's.
#pragma once

#include <cstddef>

#include "absl/time/time.h"
#include "base/token_bucket.h"

namespace orch::hub {

struct ShareLimits {
  size_t connections = 16;
  size_t calls = 64;    // at once, watches included
  size_t watches = 32;  // at once: calls that run until the client ends them
  double calls_per_second = 2000;
  double call_burst = 4000;
  // The cost of bytes, frames and calls as the door weighs them (base/net/frame_guard.h).
  double bytes_per_second = 16e6;
  double byte_burst = 64e6;
};
ShareLimits NodeShare();
ShareLimits ClientShare();
ShareLimits LoginShare();  // of all who are logging in, together

class Share {
 public:
  static constexpr size_t kMaxHeldBytes = 32u << 20;

  explicit Share(ShareLimits limits);

  // Pays for bytes. `now`: Clock::Steady, here and below.
  void PayBytes(double cost, absl::Duration now) { bytes_.Take(cost, now); }
  // How long nothing is to be read from the identity; zero when it owes nothing.
  absl::Duration ByteWait(absl::Duration now) { return bytes_.Wait(now); }
  // Replaces `before` bytes of messages that have begun and not ended by `after`, over all connections of the identity.
  // False when the sum is more than kMaxHeldBytes.
  bool Hold(size_t before, size_t after) {
    held_ = held_ - before + after;
    return held_ <= kMaxHeldBytes;
  }

 private:
  friend class ShareTable;
  const ShareLimits limits_;
  // Guarded by the table's lock.
  size_t connections_ = 0;
  size_t calls_ = 0;
  size_t finishing_ = 0;  // calls that are no longer in calls_, but whose last words gRPC still sends
  size_t watches_ = 0;
  TokenBucket call_rate_;
  absl::Duration idle_since_;
  // The door's thread only.
  TokenBucket bytes_;
  size_t held_ = 0;
};

}  // namespace orch::hub
