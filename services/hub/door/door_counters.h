// What the door counts. Written by the door's thread, read by any.
#pragma once

#include <atomic>
#include <cstdint>

namespace orch::hub {

struct DoorCounters {
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> turned_away{0};  // over a bound, or from a network that failed too often
  std::atomic<uint64_t> cut_off{0};      // did not prove itself in time, or had to make room
  std::atomic<uint64_t> let_in{0};
  std::atomic<uint64_t> cut{0};        // after it was let in: misbehaved, lost its standing, was idle
  std::atomic<uint64_t> strangers{0};  // now
  std::atomic<uint64_t> open{0};       // now
  std::atomic<uint64_t> penalised{0};  // networks, now
};

}  // namespace orch::hub
