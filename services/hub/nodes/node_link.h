// The reactor of one Attach stream: a bounded outbox, with one read and one write in flight. Passes the node's messages
// to its NodeSession on the hub's loop, a bounded number at a time, so that a node which sends faster than the hub
// works is not read from. Owns itself until OnDone. Thread-safe; its one lock is a leaf.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "base/bounded_outbox.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/door/admission.h"
#include "services/hub/nodes/node_outbox.h"
#include "services/hub/nodes/node_session.h"

namespace orch::hub {

// Bounds of one node's outbox, and of the messages that the node has sent and the loop has not handled.
inline constexpr size_t kMaxOutboxMessages = 1024;
inline constexpr size_t kMaxOutboxBytes = 16u << 20;
inline constexpr size_t kMaxUnhandledMessages = 16;
inline constexpr size_t kMaxUnhandledBytes = 1u << 20;
// The session learns within this time that its node has closed the stream.
inline constexpr absl::Duration kTellEndWithin = absl::Milliseconds(200);
// A closing stream is cut off when its queue is not written within this time.
inline constexpr absl::Duration kCloseWithin = absl::Seconds(5);

class NodeLink final : public grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>, public NodeOutbox {
 public:
  // `context` belongs to the call and lives until OnDone. The link keeps `admission`, the place in the node's share,
  // until then too.
  static std::shared_ptr<NodeLink> Create(grpc::CallbackServerContext* context, Admission admission,
                                          Executor* executor);
  const Admission& admission() const { return admission_; }

  // Once: takes the session and starts to read. The session is used on the loop only.
  void Begin(std::unique_ptr<NodeSession> session);

  bool Push(Message message) override;
  void Close() override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class State { kOpen, kClosing, kFinished, kDone };

  NodeLink(grpc::CallbackServerContext* context, Admission admission, Executor* executor)
      : context_(context), admission_(std::move(admission)), executor_(executor) {}

  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void DropUnwrittenLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The loop has handled a message of this size.
  void Handled(size_t bytes);
  // Tells the session that the stream has ended on the wire.
  void Ended(std::string reason);
  void CutOff();

  grpc::CallbackServerContext* const context_;
  const Admission admission_;
  Executor* const executor_;
  std::unique_ptr<NodeSession> session_;  // loop only after Begin

  Mutex mu_;
  v1::NodeMessage incoming_;  // the read in flight
  BoundedOutbox<Message> outbox_ ABSL_GUARDED_BY(mu_){kMaxOutboxMessages, kMaxOutboxBytes};
  size_t unhandled_ ABSL_GUARDED_BY(mu_) = 0;
  size_t unhandled_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  State state_ ABSL_GUARDED_BY(mu_) = State::kOpen;
  TimerId cut_off_ ABSL_GUARDED_BY(mu_) = 0;
  std::shared_ptr<NodeLink> self_ ABSL_GUARDED_BY(mu_);  // until OnDone
};

}  // namespace orch::hub
