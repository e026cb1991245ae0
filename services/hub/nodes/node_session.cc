#include "services/hub/nodes/node_session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/digest.h"
#include "base/log.h"

namespace orch::hub {
namespace {

// Reads the key that a node with a certificate names: "KEY_ID" or "KEY_ID/GENERATION/EXPIRES_UNIX_S".
bool ParseNamedKey(absl::string_view name, absl::string_view named, auth::PskIdentity* identity) {
  const size_t end = std::min(named.find('/'), named.size());
  return auth::PskIdentity::Parse(
      absl::StrCat("orch1/node/", name, "/", named.substr(0, end), "/key", named.substr(end)), identity);
}

}  // namespace

NodeSession::NodeSession(auth::Peer who, std::string address, const auth::Keyring* keyring,
                         std::shared_ptr<NodeOutbox> outbox, NodeEvents* events, const Clock* clock, Random* random,
                         Options options)
    : who_(std::move(who)),
      address_(std::move(address)),
      keyring_(keyring),
      outbox_(std::move(outbox)),
      events_(events),
      clock_(clock),
      random_(random),
      options_(std::move(options)) {}

void NodeSession::Start() {
  NodeOutbox::Message message;
  v1::Welcome* welcome = message.head.mutable_welcome();
  welcome->set_hub_time_us(absl::ToUnixMicros(clock_->Now()));
  welcome->set_hub_version(options_.hub_version);
  welcome->set_heartbeat_seconds(static_cast<uint32_t>(absl::ToInt64Seconds(options_.heartbeat)));
  Push(std::move(message));
}

void NodeSession::OnMessage(const v1::NodeMessage& message) {
  if (state_ == State::kEnded) return;
  if (state_ == State::kGreeting && message.message_case() != v1::NodeMessage::kRegister) {
    Refuse(absl::FailedPreconditionError("the first message on a stream must be Register"));
    return;
  }
  if (state_ == State::kRegistered) events_->OnMessageSeen(this);
  switch (message.message_case()) {
    case v1::NodeMessage::kRegister:
      return OnRegister(message.register_());
    case v1::NodeMessage::kDelta:
      return OnDelta(message.delta());
    case v1::NodeMessage::kUpdate:
      return OnEnvelope(message.update());
    case v1::NodeMessage::kHeartbeat:
      return OnHeartbeat(message.heartbeat());
    case v1::NodeMessage::kDdls:
      return OnDdls(message.ddls());
    case v1::NodeMessage::MESSAGE_NOT_SET:
      return Refuse(absl::InvalidArgumentError("a message of a kind this hub does not know; upgrade the hub first"));
  }
}

void NodeSession::OnMalformed() {
  if (state_ == State::kEnded) return;
  events_->OnRefused(this, auth::Refusal::kMalformed);
  Refuse(absl::InvalidArgumentError("a message that cannot be read"));
}

void NodeSession::OnRegister(const v1::Register& message) {
  if (state_ == State::kRegistered) {
    return Refuse(absl::FailedPreconditionError("Register came twice on one stream; changes go in a Delta"));
  }
  if (message.protocol() != kProtocolVersion) {
    return Refuse(
        absl::FailedPreconditionError(absl::StrCat("stream protocol ", message.protocol(), " is not spoken here, only ",
                                                   kProtocolVersion, "; upgrade the older of hub and node agent")));
  }
  if (message.node().identity() != who_.name) {
    events_->OnRefused(this, auth::Refusal::kIdentityMismatch);
    return Refuse(auth::RefusalStatus(auth::Refusal::kIdentityMismatch, who_.name, "Register names another node"));
  }
  if (const absl::Status key = TakeKey(message.node()); !key.ok()) {
    events_->OnRefused(this, auth::Refusal::kUnknownKey);
    return Refuse(key);
  }
  if (const absl::Status clock = CheckClock(message.node_time_us()); !clock.ok()) {
    events_->OnRefused(this, auth::Refusal::kStaleClock);
    return Refuse(clock);
  }
  instance_ = message.instance().substr(0, kMaxInstanceBytes);
  const auto wanted = events_->OnRegister(this, message.node());
  if (!wanted.ok()) return Refuse(wanted.status());
  state_ = State::kRegistered;
  NodeOutbox::Message answer;
  v1::Registered* registered = answer.head.mutable_registered();
  for (const std::string& sha256 : *wanted) registered->add_need_ddl_sha256(sha256);
  Push(std::move(answer));
  events_->OnRegistered(this);
  if (options_.audit_heads != nullptr) options_.audit_heads->OnRemembered(who_.name, message.audit_head());
}

absl::Status NodeSession::TakeKey(const v1::Node& node) {
  auth::PskIdentity identity = auth::IdentityOf(who_);
  if (who_.proof == auth::Proof::kCertificate && !ParseNamedKey(who_.name, node.key_id(), &identity)) {
    return auth::RefusalStatus(auth::Refusal::kUnknownKey, who_.name, "the key id in Register cannot be read");
  }
  absl::StatusOr<std::string> derived =
      keyring_->DerivedKey(identity.key_id, auth::PeerKind::kNode, who_.name, identity.terms);
  if (!derived.ok()) {
    return auth::RefusalStatus(auth::RefusalOfKey(derived.status()), who_.name,
                               absl::StrCat("key id ", identity.key_id));
  }
  key_ = auth::Key(identity.key_id, *std::move(derived), identity.terms);
  return absl::OkStatus();
}

absl::Status NodeSession::CheckClock(int64_t node_time_us) {
  clock_skew_ = absl::FromUnixMicros(node_time_us) - clock_->Now();
  if (absl::AbsDuration(clock_skew_) <= auth::kAllowedSkew) return absl::OkStatus();
  return auth::RefusalStatus(auth::Refusal::kStaleClock, who_.name,
                             absl::StrFormat("the node's is %.0f s %s, %.0f s are accepted",
                                             std::ceil(absl::ToDoubleSeconds(absl::AbsDuration(clock_skew_))),
                                             clock_skew_ < absl::ZeroDuration() ? "behind" : "ahead",
                                             absl::ToDoubleSeconds(auth::kAllowedSkew)));
}

void NodeSession::OnDelta(const v1::Delta& message) {
  if (const absl::Status status = events_->OnDelta(this, message); !status.ok()) Refuse(status);
}

void NodeSession::OnEnvelope(const v1::Envelope& envelope) {
  // Repeated updates need no check here: a task takes one outcome and drops all others.
  const auth::EnvelopeExpectation expected{v1::Envelope::TO_HUB, who_.name, nullptr};
  auth::Refusal refusal = auth::Refusal::kMalformed;
  absl::Status status = auth::OpenEnvelope(envelope, key_, expected, clock_->Now(), &refusal);
  v1::TaskUpdate update;
  if (status.ok()) {
    refusal = auth::Refusal::kMalformed;
    if (envelope.kind() != v1::Envelope::UPDATE) {
      status = absl::InvalidArgumentError("an envelope from a node must hold an update");
    } else if (!update.ParseFromString(envelope.body())) {
      status = absl::InvalidArgumentError("the body of an envelope is no task update");
    } else if (!update.reply().identity().empty() && update.reply().identity() != who_.name) {
      refusal = auth::Refusal::kIdentityMismatch;
      status = auth::RefusalStatus(refusal, who_.name, "a reply names another node");
    }
  }
  if (!status.ok()) {
    events_->OnRefused(this, refusal);
    return Refuse(status);
  }
  events_->OnUpdate(this, envelope.attempt_id(), std::move(update));
}

void NodeSession::OnDdls(const v1::Ddls& message) {
  if (const absl::Status status = events_->OnDdls(this, message); !status.ok()) Refuse(status);
}

void NodeSession::OnHeartbeat(const v1::Heartbeat& message) {
  if (const absl::Status clock = CheckClock(message.node_time_us()); !clock.ok()) {
    events_->OnRefused(this, auth::Refusal::kStaleClock);
    return Refuse(clock);
  }
  NodeOutbox::Message answer;
  v1::HeartbeatAck* ack = answer.head.mutable_heartbeat_ack();
  ack->set_node_time_us(message.node_time_us());
  ack->set_hub_time_us(absl::ToUnixMicros(clock_->Now()));
  if (options_.audit_heads != nullptr) *ack->mutable_audit_head() = options_.audit_heads->Newest();
  Push(std::move(answer));
}

void NodeSession::OnRegisterDue() {
  if (state_ == State::kGreeting) {
    Refuse(absl::DeadlineExceededError(
        absl::StrCat("no Register within ", absl::FormatDuration(kRegisterWithin), " of the Welcome")));
  }
}

void NodeSession::OnClosed(absl::string_view reason) { Leave(reason); }

v1::Envelope NodeSession::MakeEnvelope(absl::string_view job_id, v1::Envelope::Kind kind) const {
  v1::Envelope envelope;
  envelope.set_direction(v1::Envelope::TO_NODE);
  envelope.set_kind(kind);
  envelope.set_attempt_id(std::string(job_id));
  envelope.set_identity(who_.name);
  return envelope;
}

bool NodeSession::SendCommand(absl::string_view job_id, const std::shared_ptr<const CommandBody>& body) {
  if (state_ != State::kRegistered) return false;
  NodeOutbox::Message message;
  v1::Envelope* envelope = message.head.mutable_command();
  *envelope = MakeEnvelope(job_id, v1::Envelope::COMMAND);
  auth::SealEnvelope(key_, body->sha256, clock_->Now(), auth::kMessageTtl, random_, envelope);
  message.body = body;
  return Push(std::move(message));
}

void NodeSession::SendCancel(absl::string_view job_id, absl::string_view reason) {
  if (state_ != State::kRegistered) return;
  v1::CancelTask cancel;
  cancel.set_attempt_id(std::string(job_id));
  cancel.set_reason(std::string(reason));
  NodeOutbox::Message message;
  v1::Envelope* envelope = message.head.mutable_command();
  *envelope = MakeEnvelope(job_id, v1::Envelope::CANCEL);
  envelope->set_body(cancel.SerializeAsString());
  auth::SealEnvelope(key_, Sha256(envelope->body()), clock_->Now(), auth::kMessageTtl, random_, envelope);
  Push(std::move(message));
}

bool NodeSession::SendQuery(absl::string_view job_id) {
  if (state_ != State::kRegistered) return false;
  NodeOutbox::Message message;
  v1::Envelope* envelope = message.head.mutable_command();
  *envelope = MakeEnvelope(job_id, v1::Envelope::QUERY);
  auth::SealEnvelope(key_, Sha256(""), clock_->Now(), auth::kMessageTtl, random_, envelope);
  return Push(std::move(message));
}

void NodeSession::SendAck(absl::string_view job_id) {
  if (state_ != State::kRegistered) return;
  held_acks_.add_attempt_ids(std::string(job_id));
  if (static_cast<size_t>(held_acks_.attempt_ids_size()) >= kMaxHeldAcks) PushHeldAcks(false);
}

bool NodeSession::Push(NodeOutbox::Message message) {
  PushHeldAcks(true);
  return outbox_->Push(std::move(message));
}

void NodeSession::PushHeldAcks(bool others_follow) {
  if (held_acks_.attempt_ids_size() == 0) return;
  NodeOutbox::Message message;
  v1::Envelope* envelope = message.head.mutable_command();
  *envelope = MakeEnvelope("", v1::Envelope::ACK);
  envelope->set_body(held_acks_.SerializeAsString());
  auth::SealEnvelope(key_, Sha256(envelope->body()), clock_->Now(), auth::kMessageTtl, random_, envelope);
  message.others_follow = others_follow;
  // If the outbox is full, the node tells these outcomes again when it comes back.
  outbox_->Push(std::move(message));
  held_acks_.Clear();
}

bool NodeSession::SendNewKey(const auth::Key& key) {
  if (state_ != State::kRegistered) return false;
  v1::NewKey next;
  next.set_key_id(key.id);
  next.set_key(key.bytes);
  next.set_generation(key.terms.generation);
  NodeOutbox::Message message;
  v1::Envelope* envelope = message.head.mutable_command();
  *envelope = MakeEnvelope("", v1::Envelope::NEW_KEY);
  envelope->set_body(next.SerializeAsString());
  auth::SealEnvelope(key_, Sha256(envelope->body()), clock_->Now(), auth::kMessageTtl, random_, envelope);
  auth::Wipe(next.mutable_key());
  return Push(std::move(message));
}

void NodeSession::AskDdls(const std::vector<std::string>& sha256s) {
  if (state_ != State::kRegistered) return;
  NodeOutbox::Message message;
  for (const std::string& sha256 : sha256s) message.head.mutable_need_ddls()->add_ddl_sha256(sha256);
  Push(std::move(message));
}

void NodeSession::SendStanding(const v1::NodeStanding& standing) {
  if (state_ != State::kRegistered) return;
  NodeOutbox::Message message;
  v1::Envelope* envelope = message.head.mutable_command();
  *envelope = MakeEnvelope("", v1::Envelope::STANDING);
  envelope->set_body(standing.SerializeAsString());
  auth::SealEnvelope(key_, Sha256(envelope->body()), clock_->Now(), auth::kMessageTtl, random_, envelope);
  if (Push(std::move(message))) return;
  SayGoodbye("the node does not read what the hub sends, and its labels have changed", absl::ZeroDuration());
}

void NodeSession::SayGoodbye(absl::string_view reason, absl::Duration retry_after) {
  if (state_ == State::kEnded) return;
  NodeOutbox::Message message;
  message.head.mutable_goodbye()->set_reason(std::string(reason));
  message.head.mutable_goodbye()->set_retry_after_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(retry_after)));
  Push(std::move(message));
  Leave(reason);
  outbox_->Close();
}

void NodeSession::Refuse(const absl::Status& status) {
  LogWarning("node refused", {{"node", who_.name}, {"peer", address_}, {"reason", std::string(status.message())}});
  SayGoodbye(status.message(), kRefusedRetryAfter);
}

void NodeSession::Leave(absl::string_view reason) {
  const State was = std::exchange(state_, State::kEnded);
  if (was == State::kRegistered) events_->OnGone(this, reason);
}

}  // namespace orch::hub
