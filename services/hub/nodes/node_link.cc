#include "services/hub/nodes/node_link.h"

#include <utility>

namespace orch::hub {
namespace {

constexpr char kNodeLeft[] = "the node closed the stream";

}  // namespace

std::shared_ptr<NodeLink> NodeLink::Create(grpc::CallbackServerContext* context, Admission admission,
                                           Executor* executor) {
  std::shared_ptr<NodeLink> link(new NodeLink(context, std::move(admission), executor));
  MutexLock lock(&link->mu_);
  link->self_ = link;
  return link;
}

void NodeLink::Begin(std::unique_ptr<NodeSession> session) {
  std::shared_ptr<NodeLink> self;
  {
    MutexLock lock(&mu_);
    self = self_;
  }
  session_ = std::move(session);
  executor_->Post([self] { self->session_->Start(); });
  std::weak_ptr<NodeLink> link = self;
  executor_->PostAfter(kRegisterWithin, [link] {
    const std::shared_ptr<NodeLink> alive = link.lock();
    if (alive != nullptr && alive->session_ != nullptr) alive->session_->OnRegisterDue();
  });
  MutexLock lock(&mu_);
  reading_ = true;
  StartRead(&incoming_);
}

bool NodeLink::Push(Message message) {
  const size_t bytes = message.head.ByteSizeLong() + (message.body ? message.body->bytes.size() : 0);
  MutexLock lock(&mu_);
  const bool others_follow = message.others_follow;
  if (state_ != State::kOpen || !outbox_.Push(std::move(message), bytes)) return false;
  if (!others_follow) PumpLocked();
  return true;
}

void NodeLink::Close() {
  MutexLock lock(&mu_);
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  std::shared_ptr<NodeLink> self = self_;
  if (writing_) cut_off_ = executor_->PostAfter(kCloseWithin, [self] { self->CutOff(); });
  PumpLocked();
}

// The context lives until OnDone, and OnDone takes the lock first.
void NodeLink::CutOff() {
  MutexLock lock(&mu_);
  if (state_ == State::kClosing) context_->TryCancel();
}

void NodeLink::PumpLocked() {
  if (writing_ || state_ == State::kFinished || state_ == State::kDone) return;
  if (!outbox_.empty()) {
    Message& next = outbox_.front();
    if (next.body) next.head.mutable_command()->set_body(next.body->bytes);
    writing_ = true;
    // The messages that follow at once share its packet.
    StartWrite(&next.head, outbox_.size() > 1 ? grpc::WriteOptions().set_buffer_hint() : grpc::WriteOptions());
  } else if (state_ == State::kClosing) {
    state_ = State::kFinished;
    Finish(grpc::Status::OK);
  }
}

void NodeLink::OnWriteDone(bool ok) {
  MutexLock lock(&mu_);
  writing_ = false;
  outbox_.Pop();
  if (!ok) {
    DropUnwrittenLocked();
    if (state_ == State::kOpen) state_ = State::kClosing;
  }
  PumpLocked();
}

void NodeLink::DropUnwrittenLocked() { outbox_.KeepFirst(writing_ ? 1 : 0); }

void NodeLink::OnReadDone(bool ok) {
  if (!ok) {
    // A lost connection ends the read as well, and OnCancel follows at once; it does not follow when the node leaves.
    // In that case the stream is finished, and OnDone tells the session, unless a node that does not read delays it.
    MutexLock lock(&mu_);
    std::weak_ptr<NodeLink> link = self_;
    executor_->PostAfter(kTellEndWithin, [link] {
      const std::shared_ptr<NodeLink> alive = link.lock();
      if (alive != nullptr && alive->session_ != nullptr) alive->session_->OnClosed(kNodeLeft);
    });
    reading_ = false;
    DropUnwrittenLocked();
    if (state_ == State::kOpen) state_ = State::kClosing;
    PumpLocked();
    return;
  }
  const size_t bytes = incoming_.ByteSizeLong();
  MutexLock lock(&mu_);
  ++unhandled_;
  unhandled_bytes_ += bytes;
  // Done before the next read begins, because that read may end on another thread at once.
  executor_->Post([self = self_, message = std::move(incoming_), bytes] {
    self->session_->OnMessage(message);
    self->Handled(bytes);
  });
  incoming_.Clear();
  reading_ = unhandled_ < kMaxUnhandledMessages && unhandled_bytes_ < kMaxUnhandledBytes;
  if (reading_) StartRead(&incoming_);
}

void NodeLink::Handled(size_t bytes) {
  MutexLock lock(&mu_);
  --unhandled_;
  unhandled_bytes_ -= bytes;
  if (reading_ || state_ == State::kDone) return;
  if (state_ == State::kFinished) return;
  reading_ = true;
  StartRead(&incoming_);
}

void NodeLink::OnCancel() {
  Ended("the connection to the node was lost");
  MutexLock lock(&mu_);
  DropUnwrittenLocked();
  if (state_ == State::kOpen) state_ = State::kClosing;
  PumpLocked();
}

void NodeLink::Ended(std::string reason) {
  std::shared_ptr<NodeLink> self;
  {
    MutexLock lock(&mu_);
    self = self_;
  }
  executor_->Post([self, reason = std::move(reason)] { self->session_->OnClosed(reason); });
}

void NodeLink::OnDone() {
  std::shared_ptr<NodeLink> self;
  TimerId cut_off;
  {
    MutexLock lock(&mu_);
    state_ = State::kDone;
    self.swap(self_);
    cut_off = std::exchange(cut_off_, 0);
  }
  if (cut_off != 0) executor_->Cancel(cut_off);
  // The session is destroyed on the loop, where it was used,
  // and releases the link, which it holds as its outbox.
  executor_->Post([self] {
    self->session_->OnClosed(kNodeLeft);
    self->session_.reset();
  });
}

}  // namespace orch::hub
