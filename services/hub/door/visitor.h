// The proved peer of one open connection. Made by the Reception; shared by the connection and its calls. Never changes,
// except for its counters. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "auth/peer.h"
#include "services/hub/door/share.h"

namespace orch::hub {

struct Visitor {
  uint64_t connection = 0;  // the door's number of the connection, never used again
  auth::Peer peer;
  std::string address;  // where the peer comes from, for people
  std::string session;  // what the calls of the connection must carry; empty: nothing
  bool administrator = false;
  std::shared_ptr<Share> share;
  std::atomic<int> open_calls{0};
  std::atomic<int64_t> last_call_ns{0};  // Clock::Steady, when a call last began or ended
};

}  // namespace orch::hub
