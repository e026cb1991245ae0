#include "services/nodeagent/link/hub_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/clear_prologue.h"

namespace orch::nodeagent {

HubStream::HubStream(std::shared_ptr<grpc::Channel> channel, const std::string& session, Executor* executor,
                     Callbacks callbacks)
    : channel_(std::move(channel)),
      stub_(v1::NodeService::NewStub(channel_)),
      executor_(executor),
      callbacks_(std::move(callbacks)) {
  if (!session.empty()) context_.AddMetadata(auth::kSessionHeader, session);
}

void HubStream::Start() {
  stub_->async()->Attach(&context_, this);
  {
    MutexLock lock(&mu_);
    self_ = shared_from_this();
    held_ = true;
    reading_ = true;
    AddHold();
    StartRead(&inbound_);
  }
  StartCall();
}

absl::Status HubStream::Send(v1::NodeMessage message) {
  const size_t bytes = message.ByteSizeLong();
  MutexLock lock(&mu_);
  if (!held_ || half_close_) return absl::OkStatus();  // the call is ending, which the hub tells by itself
  if (!outbox_.Push(std::move(message), bytes)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the hub takes no messages; ", outbox_.size(), " wait with ", outbox_.bytes(), " bytes"));
  }
  crowded_ = crowded_ || !TakesOutputLocked();
  PumpLocked();
  return absl::OkStatus();
}

bool HubStream::TakesOutput() {
  MutexLock lock(&mu_);
  return TakesOutputLocked();
}

bool HubStream::TakesOutputLocked() const {
  return outbox_.size() < kMaxOutboxMessages / 2 && outbox_.bytes() < kMaxOutputBytes;
}

void HubStream::HalfClose() {
  MutexLock lock(&mu_);
  half_close_ = true;
  if (held_) PumpLocked();
}

void HubStream::Close() {
  closed_ = true;
  context_.TryCancel();
  MutexLock lock(&mu_);
  closing_ = true;
  // A read in flight ends with the call and then releases the hold; without a read nothing else would.
  if (!reading_) ReleaseHoldLocked();
}

void HubStream::PumpLocked() {
  if (writing_) return;
  if (!outbox_.empty()) {
    outbound_ = std::move(outbox_.front());
    outbox_.Pop();
    writing_ = true;
    StartWrite(&outbound_);
  } else if (half_close_ && !writes_done_) {
    writes_done_ = true;
    StartWritesDone();
  }
}

void HubStream::ReleaseHoldLocked() {
  if (!held_) return;
  held_ = false;
  outbox_.KeepFirst(0);
  RemoveHold();
}

void HubStream::OnReadDone(bool ok) {
  std::shared_ptr<HubStream> self;
  {
    MutexLock lock(&mu_);
    reading_ = false;
    if (!ok || closing_) return ReleaseHoldLocked();
    self = self_;
  }
  executor_->Post([self, message = std::move(inbound_)]() mutable { self->Deliver(std::move(message)); });
}

void HubStream::Deliver(v1::HubMessage message) {
  if (closed_) return;
  callbacks_.message(std::move(message));
  if (closed_) return;
  MutexLock lock(&mu_);
  if (!held_) return;
  reading_ = true;
  inbound_.Clear();
  StartRead(&inbound_);
}

void HubStream::OnWriteDone(bool ok) {
  std::shared_ptr<HubStream> self;
  {
    MutexLock lock(&mu_);
    writing_ = false;
    if (!ok || !held_) return;  // a failed write: the call is over, and its read tells why
    PumpLocked();
    if (!crowded_ || !TakesOutputLocked()) return;
    crowded_ = false;
    self = self_;
  }
  executor_->Post([self] {
    if (!self->closed_) self->callbacks_.drained();
  });
}

void HubStream::OnDone(const grpc::Status& status) {
  const std::shared_ptr<Done> done = done_;
  std::shared_ptr<HubStream> self;
  {
    MutexLock lock(&mu_);
    self.swap(self_);
  }
  executor_->Post([self = std::move(self), status] {
    if (!std::exchange(self->closed_, true)) self->callbacks_.done(status);
    self->callbacks_.released(self.get());
  });
  done->Notify();  // the owner may destroy the stream from here on
}

}  // namespace orch::nodeagent
