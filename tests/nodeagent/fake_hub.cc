#include "tests/nodeagent/fake_hub.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/message_mac.h"
#include "base/digest.h"
#include "base/mutex.h"

namespace orch::nodeagent {

class FakeHub::Stream final : public grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage> {
 public:
  Stream(FakeHub* hub, hub::Admission admission)
      : hub_(hub), admission_(std::move(admission)), identity_(admission_.peer().name) {
    StartRead(&inbound_);
  }

  void Send(v1::HubMessage message) {
    MutexLock lock(&mu_);
    outbox_.push_back(std::move(message));
    PumpLocked();
  }
  void End() {
    MutexLock lock(&mu_);
    FinishLocked();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    if (inbound_.has_register_()) {  // before the test is told, so that no command of its own gets ahead
      v1::HubMessage message;
      message.mutable_registered();
      Send(std::move(message));
    }
    hub_->received.Put(inbound_);
    StartRead(&inbound_);
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(&mu_);
    writing_ = false;
    if (ok) PumpLocked();
    if (finish_wanted_) FinishLocked();
  }
  void OnDone() override {
    {
      MutexLock lock(&hub_->mu_);
      if (hub_->last_ == this) hub_->last_ = nullptr;
    }
    hub_->detached.Put(identity_);
    delete this;
  }

 private:
  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (writing_ || outbox_.empty() || finished_) return;
    outbound_ = std::move(outbox_.front());
    outbox_.pop_front();
    writing_ = true;
    StartWrite(&outbound_);
  }
  void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    finish_wanted_ = true;
    if (writing_ || std::exchange(finished_, true)) return;
    Finish(grpc::Status::OK);
  }

  FakeHub* const hub_;
  const hub::Admission admission_;
  const std::string identity_;
  v1::NodeMessage inbound_;
  Mutex mu_;
  std::deque<v1::HubMessage> outbox_ ABSL_GUARDED_BY(mu_);
  v1::HubMessage outbound_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool finish_wanted_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

namespace {

class Refused final : public grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage> {
 public:
  explicit Refused(const absl::Status& why) {
    Finish(grpc::Status(static_cast<grpc::StatusCode>(why.code()), std::string(why.message())));
  }
  void OnDone() override { delete this; }
};

}  // namespace

FakeHub::FakeHub(const std::string& credentials, int port) : door_(credentials, port) {
  grpc::ServerBuilder builder;
  builder.RegisterService(this);
  server_ = door_.Start(&builder);
}

FakeHub::~FakeHub() { Stop(); }

void FakeHub::Stop() {
  if (server_ == nullptr) return;
  door_.Stop();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* FakeHub::Attach(grpc::CallbackServerContext* context) {
  absl::StatusOr<hub::Admission> admission =
      door_.reception().Admit(*context, auth::PeerKind::kNode, hub::CallSort::kAttach, "Attach");
  if (!admission.ok()) return new Refused(admission.status());
  const auth::Peer peer = admission->peer();
  auto* stream = new Stream(this, *std::move(admission));
  v1::HubMessage welcome;
  welcome.mutable_welcome()->set_heartbeat_seconds(1);
  stream->Send(std::move(welcome));
  {
    MutexLock lock(&mu_);
    last_ = stream;
    identity_ = peer.name;
    key_ = auth::Key(peer.key_id, door_.keyring().DerivedKey(peer.key_id, auth::PeerKind::kNode, peer.name).value());
  }
  attached.Put(peer.name);
  return stream;
}

void FakeHub::Send(v1::HubMessage message) {
  MutexLock lock(&mu_);
  if (last_ != nullptr) last_->Send(std::move(message));
}

void FakeHub::SendCommand(const v1::Command& command) {
  SendSigned(v1::Envelope::COMMAND, command.attempt_id(), command.SerializeAsString());
}

void FakeHub::SendAck(const std::string& attempt_id) {
  v1::Acknowledgement ack;
  ack.add_attempt_ids(attempt_id);
  SendSigned(v1::Envelope::ACK, "", ack.SerializeAsString());
}

void FakeHub::SendSigned(v1::Envelope::Kind kind, const std::string& attempt_id, const std::string& body) {
  v1::HubMessage message;
  v1::Envelope* envelope = message.mutable_command();
  envelope->set_direction(v1::Envelope::TO_NODE);
  envelope->set_kind(kind);
  envelope->set_attempt_id(attempt_id);
  envelope->set_body(body);
  {
    MutexLock lock(&mu_);
    envelope->set_identity(identity_);
    auth::SealEnvelope(key_, Sha256(envelope->body()), clock_.Now(), auth::kMessageTtl, &random_, envelope);
  }
  Send(std::move(message));
}

void FakeHub::EndStream() {
  MutexLock lock(&mu_);
  if (last_ != nullptr) last_->End();
}

}  // namespace orch::nodeagent
