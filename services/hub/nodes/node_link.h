// Ties the stream of a node, which the door serves, to the NodeSession on the hub's loop. Messages pass as bytes: they
// are read and written on the loop. A node that sends faster than the loop works is not read from. Owned by the stream
// and by its session, which ends with the stream.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/executor.h"
#include "services/hub/door/admission.h"
#include "services/hub/door/stream_service.h"
#include "services/hub/nodes/node_inbox.h"
#include "services/hub/nodes/node_outbox.h"
#include "services/hub/nodes/node_session.h"

namespace orch::hub {

// Bounds of the messages that a node has sent and the loop has not handled. What the door reads in one go may exceed
// them.
inline constexpr size_t kMaxUnhandledMessages = 256;
inline constexpr size_t kMaxUnhandledBytes = 1u << 20;
// A closing stream is cut off when its queue is not written within this time.
inline constexpr absl::Duration kCloseWithin = absl::Seconds(5);

class NodeLink final : public StreamReader,
                       public NodeOutbox,
                       public NodeInbox::Receiver,
                       public std::enable_shared_from_this<NodeLink> {
 public:
  // `admission`: the place in the node's share, which the link keeps to its end.
  NodeLink(Admission admission, std::shared_ptr<StreamWriter> writer, NodeInbox* inbox, Executor* executor);
  const Admission& admission() const { return admission_; }

  // Once: takes the session, which is used on the loop only.
  void Begin(std::unique_ptr<NodeSession> session);
  void Handle(const NodeInbox::Arrival& arrival) override;

  bool Push(Message message) override;
  void Close() override;

  void OnMessage(std::string message) override;
  bool full() const override;
  void OnEnd(GrpcConnection::Handler::End end) override;

 private:
  void Begun();
  void OnBytes(const std::string& bytes);

  const Admission admission_;
  const std::shared_ptr<StreamWriter> writer_;
  NodeInbox* const inbox_;
  Executor* const executor_;
  std::unique_ptr<NodeSession> session_;  // loop only after Begin; null once the stream has ended
  std::atomic<size_t> unhandled_{0};
  std::atomic<size_t> unhandled_bytes_{0};
};

}  // namespace orch::hub
