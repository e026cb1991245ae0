// The gRPC reactor of one Attach call: a bounded outbox, one read and one write in flight. Messages are handed to the
// loop one at a time, so that a flood waits in the transport and not in memory. Owned by HubLink. Decides nothing.
//
// The owner keeps the stream until `released` was called or AwaitDone has returned: gRPC 1.51 joins its own callback
// threads when the last channel is destroyed, so no callback thread may destroy a channel.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/bounded_outbox.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "orch/v1/node_service.grpc.pb.h"

namespace orch::nodeagent {

class HubStream final : public grpc::ClientBidiReactor<v1::NodeMessage, v1::HubMessage>,
                        public std::enable_shared_from_this<HubStream> {
 public:
  static constexpr size_t kMaxOutboxMessages = 2048;
  static constexpr size_t kMaxOutboxBytes = 32u << 20;
  static constexpr size_t kMaxOutputBytes = 1u << 20;  // in the outbox; beyond it live output is not taken

  // All are called on the loop.
  struct Callbacks {
    std::function<void(v1::HubMessage)> message;  // the next message is read after the return; not after Close
    std::function<void(grpc::Status)> done;       // the call ended without Close
    std::function<void()> drained;                // live output is taken again; not after Close
    std::function<void(HubStream*)> released;     // gRPC has released the call; the last callback
  };

  // `session` is the metadata of a call over a connection in clear; it is empty for other connections.
  HubStream(std::shared_ptr<grpc::Channel> channel, const std::string& session, Executor* executor,
            Callbacks callbacks);

  void Start();
  // Returns ResourceExhausted if the hub reads so slowly that the outbox is full; then close. Thread-safe.
  absl::Status Send(v1::NodeMessage message);
  // Returns whether so much of the outbox is free that live output, which may be left out, is taken. Thread-safe.
  bool TakesOutput();
  // Sends what is in the outbox, then half-closes the call; the hub ends it.
  void HalfClose();
  // Ends the call at once; only `released` is called afterwards. On the loop, or after the loop has stopped.
  void Close();
  // Waits until gRPC has released the call. Call after Close, and not on a gRPC thread.
  void AwaitDone() { done_->Wait(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  // Outlives the stream, because OnDone still needs it after the owner may have destroyed the stream.
  class Done {
   public:
    void Notify() {
      MutexLock lock(&mu_);
      done_ = true;
      signal_.SignalAll();
    }
    void Wait() {
      MutexLock lock(&mu_);
      while (!done_) signal_.Wait(&mu_);
    }

   private:
    Mutex mu_;
    CondVar signal_;
    bool done_ ABSL_GUARDED_BY(mu_) = false;
  };

  void Deliver(v1::HubMessage message);  // on the loop
  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool TakesOutputLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ReleaseHoldLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::NodeService::Stub> stub_;
  Executor* const executor_;
  const std::shared_ptr<Done> done_ = std::make_shared<Done>();
  grpc::ClientContext context_;

  Callbacks callbacks_;     // loop only
  bool closed_ = false;     // loop only
  v1::HubMessage inbound_;  // belongs to the read in flight

  Mutex mu_;
  BoundedOutbox<v1::NodeMessage> outbox_ ABSL_GUARDED_BY(mu_){kMaxOutboxMessages, kMaxOutboxBytes};
  bool crowded_ ABSL_GUARDED_BY(mu_) = false;      // takes no output; `drained` is owed
  v1::NodeMessage outbound_ ABSL_GUARDED_BY(mu_);  // belongs to the write in flight
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool half_close_ ABSL_GUARDED_BY(mu_) = false;
  bool writes_done_ ABSL_GUARDED_BY(mu_) = false;
  bool held_ ABSL_GUARDED_BY(mu_) = false;  // our hold, which allows operations from outside the reactor
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<HubStream> self_ ABSL_GUARDED_BY(mu_);  // from Start to OnDone
};

}  // namespace orch::nodeagent
