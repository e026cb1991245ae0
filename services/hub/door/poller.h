// The door's epoll instance: tells which sockets became ready. Each socket is watched under a side and a number that
// its owner chose. Owns no socket that it watches. Wake may be called on any thread, everything else on the door's.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/unique_fd.h"

namespace orch::hub {

class Poller {
 public:
  enum class Side : uint64_t {
    kNet = 0,       // a connection's socket to its peer
    kPair = 1,      // a connection's end of the socket pair
    kListener = 2,  // a listening socket
  };
  struct Event {
    Side side;
    uint64_t number;
    bool readable;
    bool writable;
    bool hang_up;  // the other side sends nothing more, or the socket failed
  };
  static constexpr int kEventsATurn = 256;

  // Once, before anything else.
  absl::Status Open();

  // What is told of a socket. An event that nobody waits for wakes the door all the same.
  enum class Interest {
    kAll,       // both directions, and its end
    kIncoming,  // what comes, and its end
    kEnd,       // its end only
  };

  // All report edges: an event is told once, when the socket becomes ready. `number` has at most 62 bits.
  void WatchSocket(int fd, Side side, uint64_t number, Interest interest);
  // Changes what is told; what is ready at that moment is told again.
  void ChangeInterest(int fd, Side side, uint64_t number, Interest interest);
  void WatchListener(int fd, uint64_t number);
  void Forget(int fd);

  // Waits at most `wait`. The events stay valid until the next call.
  const std::vector<Event>& Wait(absl::Duration wait);
  // Ends the Wait that runs, or else the next one.
  void Wake();

 private:
  void Control(int operation, int fd, uint64_t tag, uint32_t events);
  void TakeWake();

  UniqueFd epoll_;
  UniqueFd wake_;  // eventfd
  std::vector<Event> events_;
};

}  // namespace orch::hub
