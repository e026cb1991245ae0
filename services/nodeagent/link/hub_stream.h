// One Attach call: the thin reactor. A bounded outbox, one read and one write in flight; what it
// reads is handed to the loop one message at a time, so that a flood waits in the transport and
// not in memory. Decides nothing.
//
// Its owner keeps it until `released` was called or AwaitDone has returned: gRPC 1.51 joins its own
// callback threads when the last channel goes, so a channel must never end on one of them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
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
    std::function<void(v1::HubMessage)> message;  // the next one comes once this has returned; not after Close
    std::function<void(grpc::Status)> done;       // the call is over by itself; not after Close
    std::function<void()> drained;                // live output is taken again; not after Close
    std::function<void(HubStream*)> released;     // gRPC has let go; always the last
  };

  // `session`: what the call carries as metadata where the connection goes in clear; empty: nothing.
  HubStream(std::shared_ptr<grpc::Channel> channel, const std::string& session, Executor* executor,
            Callbacks callbacks);

  void Start();
  // ResourceExhausted when the hub takes so little that the outbox is full; then close. Thread-safe.
  absl::Status Send(v1::NodeMessage message);
  // Returns whether so much of the outbox is free that live output, which may be left out, is taken. Thread-safe.
  bool TakesOutput();
  // Sends what is in the outbox, then says that nothing follows; the hub ends the call.
  void HalfClose();
  // Ends the call at once; only `released` comes after it. From the loop, or after that has stopped.
  void Close();
  // Waits until gRPC has let go of the call. After Close, not from a gRPC thread.
  void AwaitDone() { done_->Wait(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  // Outlives the stream for as long as OnDone needs it.
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
  std::deque<v1::NodeMessage> outbox_ ABSL_GUARDED_BY(mu_);
  size_t outbox_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool crowded_ ABSL_GUARDED_BY(mu_) = false;      // takes no output; `drained` is owed
  v1::NodeMessage outbound_ ABSL_GUARDED_BY(mu_);  // belongs to the write in flight
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool half_close_ ABSL_GUARDED_BY(mu_) = false;
  bool writes_done_ ABSL_GUARDED_BY(mu_) = false;
  bool held_ ABSL_GUARDED_BY(mu_) = false;  // our hold: operations may be started from outside
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<HubStream> self_ ABSL_GUARDED_BY(mu_);  // from Start to OnDone
};

}  // namespace orch::nodeagent
