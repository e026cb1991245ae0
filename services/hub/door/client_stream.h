// The reactor of a client's streamed call: a bounded queue, one write in flight. Owns itself until
// OnDone; others hold it as a ResponseSink. Thread-safe. Under its one lock it takes only that of the share table, in
// `on_last_words`; the other callbacks are posted to the hub's loop.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <utility>

#include "base/bounded_outbox.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "services/hub/door/grpc_status.h"
#include "services/hub/door/response_sink.h"

namespace orch::hub {

template <typename Response>
class ClientStream final : public grpc::ServerWriteReactor<Response>, public ResponseSink<Response> {
 public:
  // `on_end`: run once on the loop when the call is over, however it ended. `on_last_words`: run once, right before the
  // call's status is given to gRPC, under the lock.
  static std::shared_ptr<ClientStream> Create(Executor* executor, Closure on_end, Closure on_last_words = nullptr) {
    std::shared_ptr<ClientStream> stream(new ClientStream(executor, std::move(on_end), std::move(on_last_words)));
    MutexLock lock(&stream->mu_);
    stream->self_ = stream;
    return stream;
  }

  void SetOnDrained(std::function<void()> on_drained) override {
    MutexLock lock(&mu_);
    if (self_ == nullptr) return;  // the call is over, and nobody would let go of it
    on_drained_.swap(on_drained);  // the old one dies after the lock is released
  }

  bool TryPush(Response response) override {
    const size_t bytes = response.ByteSizeLong();
    MutexLock lock(&mu_);
    if (state_ != State::kOpen) return false;
    if (!queue_.Push(std::move(response), bytes)) {
      refused_ = true;
      return false;
    }
    PumpLocked();
    return true;
  }

  bool closed() const override {
    MutexLock lock(&mu_);
    return state_ != State::kOpen;
  }

  size_t queued_bytes() const override {
    MutexLock lock(&mu_);
    return queue_.bytes();
  }

  void End(const absl::Status& status) override {
    MutexLock lock(&mu_);
    if (state_ != State::kOpen) return;
    state_ = State::kEnding;
    status_ = status;
    if (!status.ok()) DropUnwrittenLocked();
    PumpLocked();
  }

  void OnWriteDone(bool ok) override {
    std::function<void()> drained;
    {
      MutexLock lock(&mu_);
      writing_ = false;
      queue_.Pop();
      if (!ok) GiveUpLocked();
      PumpLocked();
      if (!queue_.empty() || !refused_ || !on_drained_) return;
      refused_ = false;
      drained = on_drained_;
    }
    executor_->Post(std::move(drained));
  }
  void OnCancel() override {
    MutexLock lock(&mu_);
    GiveUpLocked();
    PumpLocked();
  }
  void OnDone() override {
    std::shared_ptr<ClientStream> self;
    Closure on_end, on_last_words;
    std::function<void()> on_drained;
    {
      MutexLock lock(&mu_);
      self.swap(self_);
      on_end.swap(on_end_);
      on_last_words.swap(on_last_words_);
      on_drained.swap(on_drained_);
    }
    executor_->Post(std::move(on_end));
  }

 private:
  enum class State { kOpen, kEnding, kFinished };

  ClientStream(Executor* executor, Closure on_end, Closure on_last_words)
      : executor_(executor), on_end_(std::move(on_end)), on_last_words_(std::move(on_last_words)) {}

  // The front may be in flight: its memory stays until OnWriteDone.
  void DropUnwrittenLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { queue_.KeepFirst(writing_ ? 1 : 0); }
  void GiveUpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    DropUnwrittenLocked();
    if (state_ == State::kOpen) {
      state_ = State::kEnding;
      status_ = absl::CancelledError("the client ended the call");
    }
  }
  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (writing_ || state_ == State::kFinished) return;
    if (!queue_.empty()) {
      writing_ = true;
      this->StartWrite(&queue_.front());
    } else if (state_ == State::kEnding) {
      state_ = State::kFinished;
      if (on_last_words_ != nullptr) on_last_words_();
      this->Finish(ToGrpcStatus(status_));
    }
  }

  Executor* const executor_;
  mutable Mutex mu_;
  Closure on_end_ ABSL_GUARDED_BY(mu_);
  Closure on_last_words_ ABSL_GUARDED_BY(mu_);
  std::function<void()> on_drained_ ABSL_GUARDED_BY(mu_);
  BoundedOutbox<Response> queue_ ABSL_GUARDED_BY(mu_){kMaxWatchMessages, kMaxWatchBytes};
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool refused_ ABSL_GUARDED_BY(mu_) = false;
  State state_ ABSL_GUARDED_BY(mu_) = State::kOpen;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<ClientStream> self_ ABSL_GUARDED_BY(mu_);  // until OnDone
};

}  // namespace orch::hub
