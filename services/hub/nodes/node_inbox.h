// What nodes have sent, on its way from the door's thread to the hub's loop: the loop takes everything that came in one
// turn of the door at once. Bounded by the bounds of the links (node_link.h). The door's thread only; owned by the hub.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"

namespace orch::hub {

class NodeLink;

class NodeInbox {
 public:
  struct Arrival {
    std::shared_ptr<NodeLink> link;
    enum class Kind { kBegin, kMessage, kLeft, kLost } kind = Kind::kMessage;
    std::string message;  // of kMessage: a serialised v1::NodeMessage
  };

  explicit NodeInbox(Executor* executor) : executor_(executor) {}

  void Add(Arrival arrival) { arrived_.push_back(std::move(arrival)); }
  // Posts what has come since the last call, in order.
  void HandOn();

 private:
  Executor* const executor_;
  std::vector<Arrival> arrived_;
};

}  // namespace orch::hub
