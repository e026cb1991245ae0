// Connections that the hub has ended and whose last words are still on their way to the peer. Reads and discards what
// the peer goes on sending, because a close with unread bytes would reset the connection and lose those words. Owned
// by the door; its thread only. Bounded in number, in time and in reads.
#pragma once

#include <cstddef>
#include <deque>

#include "absl/time/time.h"
#include "base/unique_fd.h"

namespace orch::hub {

class LingeringCloses {
 public:
  static constexpr absl::Duration kLinger = absl::Seconds(1);  // for each connection
  static constexpr absl::Duration kLookEvery = absl::Milliseconds(50);
  static constexpr int kReadsALook = 4;  // of one connection

  explicit LingeringCloses(size_t most) : most_(most) {}

  bool empty() const { return lingering_.empty(); }
  bool full() const { return lingering_.size() >= most_; }
  // Takes a connected socket and ends its sending side. Not when full. `now`: Clock::Steady, here and below.
  void Add(UniqueFd fd, absl::Duration now);
  // Discards what has come, and closes the connections whose time is over. Does nothing within kLookEvery.
  void Sweep(absl::Duration now);

 private:
  struct Lingerer {
    UniqueFd fd;
    absl::Duration until;
  };

  const size_t most_;
  std::deque<Lingerer> lingering_;  // those that end first come first
  absl::Duration looked_;
};

}  // namespace orch::hub
