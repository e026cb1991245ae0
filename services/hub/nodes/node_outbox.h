// The queue of messages to one node. Implemented by NodeLink, and by fakes in tests. Thread-safe; never blocks.
#pragma once

#include <memory>

#include "orch/v1/node_service.pb.h"
#include "services/hub/nodes/node_channel.h"

namespace orch::hub {

class NodeOutbox {
 public:
  struct Message {
    v1::HubMessage head;                      // when `body` is set, an envelope without its body
    std::shared_ptr<const CommandBody> body;  // put in while the message is written
    bool others_follow = false;               // another message follows at once, with which this one shares a packet
  };
  virtual ~NodeOutbox() = default;
  // False when the queue is full or closed; then nothing was queued.
  virtual bool Push(Message message) = 0;
  // Ends the stream once everything that is queued is written; a node that does not read is cut off.
  virtual void Close() = 0;
};

}  // namespace orch::hub
