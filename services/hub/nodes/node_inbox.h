// What nodes have sent, on its way from the door's thread to the hub's loop: the loop takes everything that came in one
// turn of the door at once. Heartbeats wait a little for others, because to wake both threads for each would cost ten
// times what a heartbeat costs. Bounded by the bounds of the links (node_link.h). The door's thread only; owned by the
// hub.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/executor.h"

namespace orch::hub {

class NodeInbox {
 public:
  struct Arrival;
  // For whom something comes.
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void Handle(const Arrival& arrival) = 0;  // on the loop
  };
  struct Arrival {
    std::shared_ptr<Receiver> receiver;
    enum class Kind { kBegin, kMessage, kLeft, kLost } kind = Kind::kMessage;
    std::string message;  // of kMessage: a serialised v1::NodeMessage
  };

  explicit NodeInbox(Executor* executor) : executor_(executor) {}

  static constexpr absl::Duration kCalmFor = absl::Milliseconds(200);

  // `calm`: it may wait for kCalmFor, and longer until the next turn of the door.
  void Add(Arrival arrival, bool calm = false) {
    arrived_.push_back(std::move(arrival));
    calm_ = calm_ && calm;
  }
  // Posts everything that has come, in order, when something of it is not calm or has waited. `now`: Clock::Steady.
  void HandOn(absl::Duration now);

 private:
  Executor* const executor_;
  std::vector<Arrival> arrived_;
  bool calm_ = true;                                       // all of arrived_
  absl::Duration waits_since_ = absl::InfiniteDuration();  // a turn after which something waits
};

}  // namespace orch::hub
