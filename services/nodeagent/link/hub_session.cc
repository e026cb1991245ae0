#include "services/nodeagent/link/hub_session.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace orch::nodeagent {

HubSession::HubSession(const Clock* clock, std::string key_id, std::string instance,
                       std::shared_ptr<const NodeSnapshot> snapshot)
    : clock_(clock),
      key_id_(std::move(key_id)),
      instance_(std::move(instance)),
      current_(std::move(snapshot)),
      deadline_(clock->Steady() + kWelcomeTimeout) {}

HubSession::Output HubSession::Finish(absl::Status why, absl::Duration retry_after) {
  state_ = State::kEnded;
  Output output;
  output.end = End{std::move(why), retry_after};
  return output;
}

HubSession::Output HubSession::OutOfOrder(absl::string_view message) {
  return Finish(absl::FailedPreconditionError(
      absl::StrCat("the hub sent ", message, " out of order; hub and node may be of versions that do not fit")));
}

HubSession::Output HubSession::OnMessage(v1::HubMessage message) {
  if (state_ == State::kEnded) return Output();
  if (state_ == State::kRegistered) deadline_ = clock_->Steady() + kMissedHeartbeats * heartbeat_every_;
  switch (message.message_case()) {
    case v1::HubMessage::kWelcome:
      return OnWelcome(message.welcome());
    case v1::HubMessage::kRegistered:
      return OnRegistered(message.registered());
    case v1::HubMessage::kGoodbye:
      return OnGoodbye(message.goodbye());
    default:
      break;
  }
  if (state_ != State::kRegistered) return OutOfOrder("a message before Registered");
  Output output;
  switch (message.message_case()) {
    case v1::HubMessage::kCommand:
      output.commands.push_back(std::move(*message.mutable_command()));
      break;
    case v1::HubMessage::kNeedDdls:
      AppendDdls(message.need_ddls().ddl_sha256(), &output);
      break;
    case v1::HubMessage::kHeartbeatAck:
      if (message.heartbeat_ack().has_audit_head()) output.audit_head = message.heartbeat_ack().audit_head();
      break;
    default:
      break;  // a message of a newer hub needs no answer
  }
  return output;
}

HubSession::Output HubSession::OnWelcome(const v1::Welcome& welcome) {
  if (state_ != State::kAwaitWelcome) return OutOfOrder("Welcome");
  state_ = State::kAwaitRegistered;
  hub_version_ = welcome.hub_version();
  const uint32_t seconds = welcome.heartbeat_seconds() == 0 ? 30 : welcome.heartbeat_seconds();
  heartbeat_every_ = absl::Seconds(std::min(seconds, kMaxHeartbeatSeconds));
  deadline_ = clock_->Steady() + kRegisteredTimeout;
  Output output;
  v1::Register* reg = output.send.emplace_back().mutable_register_();
  reg->set_protocol(kProtocol);
  reg->set_node_time_us(absl::ToUnixMicros(clock_->Now()));
  FillNode(*current_, reg->mutable_node());
  reg->mutable_node()->set_key_id(key_id_);
  reg->set_instance(instance_);
  if (audit_head_.seq() != 0) *reg->mutable_audit_head() = audit_head_;
  told_ = current_;
  told_at_ = clock_->Steady();
  return output;
}

HubSession::Output HubSession::OnRegistered(const v1::Registered& registered) {
  if (state_ != State::kAwaitRegistered) return OutOfOrder("Registered");
  state_ = State::kRegistered;
  next_heartbeat_ = clock_->Steady() + heartbeat_every_;
  deadline_ = clock_->Steady() + kMissedHeartbeats * heartbeat_every_;
  Output output;
  output.registered = true;
  AppendDdls(registered.need_ddl_sha256(), &output);
  AppendDelta(&output);
  return output;
}

HubSession::Output HubSession::OnGoodbye(const v1::Goodbye& goodbye) {
  const absl::Duration wait = absl::Milliseconds(goodbye.retry_after_ms());
  const absl::string_view reason = absl::string_view(goodbye.reason()).substr(0, kMaxReasonBytes);
  return Finish(absl::UnavailableError(absl::StrCat("the hub said goodbye: ", reason)), std::min(wait, kMaxRetryAfter));
}

void HubSession::AppendDdls(const google::protobuf::RepeatedPtrField<std::string>& wanted, Output* output) {
  absl::flat_hash_set<absl::string_view> sent;
  v1::Ddls* ddls = nullptr;
  size_t bytes = 0;
  for (const std::string& sha256 : wanted) {
    const std::optional<absl::string_view> text = FindDdl(*current_, sha256);
    if (!text || !sent.insert(sha256).second) continue;
    if (ddls == nullptr || bytes + text->size() > kMaxDdlMessageBytes) {
      ddls = output->send.emplace_back().mutable_ddls();
      bytes = 0;
    }
    ddls->add_ddl_json(text->data(), text->size());
    bytes += text->size();
  }
}

void HubSession::AppendDelta(Output* output) {
  if (told_ == current_) return;
  v1::NodeMessage message;
  const Change change = ComputeDelta(*told_, *current_, message.mutable_delta());
  const bool due = clock_->Steady() - told_at_ >= kVolatileInterval;
  if (change == Change::kNone || (change == Change::kVolatile && !due)) return;
  told_ = current_;
  told_at_ = clock_->Steady();
  output->send.push_back(std::move(message));
}

HubSession::Output HubSession::OnSnapshot(std::shared_ptr<const NodeSnapshot> snapshot) {
  current_ = std::move(snapshot);
  Output output;
  if (state_ == State::kRegistered) AppendDelta(&output);
  return output;
}

HubSession::Output HubSession::OnUpdate(v1::Envelope update) {
  Output output;
  if (state_ == State::kRegistered) *output.send.emplace_back().mutable_update() = std::move(update);
  return output;
}

HubSession::Output HubSession::OnTimer() {
  const absl::Duration now = clock_->Steady();
  if (state_ == State::kEnded) return Output();
  if (now >= deadline_) {
    switch (state_) {
      case State::kAwaitWelcome:
        return Finish(absl::DeadlineExceededError(
            absl::StrCat("no welcome within ", absl::FormatDuration(kWelcomeTimeout),
                         "; check the address, the firewall and that an orch-hub listens there")));
      case State::kAwaitRegistered:
        return Finish(absl::DeadlineExceededError("the hub did not register this node in time"));
      default:
        return Finish(absl::DeadlineExceededError(absl::StrCat(
            "nothing heard from the hub for ", absl::FormatDuration(kMissedHeartbeats * heartbeat_every_))));
    }
  }
  Output output;
  if (state_ == State::kRegistered && now >= next_heartbeat_) {
    next_heartbeat_ = now + heartbeat_every_;
    output.send.emplace_back().mutable_heartbeat()->set_node_time_us(absl::ToUnixMicros(clock_->Now()));
  }
  return output;
}

absl::Duration HubSession::NextTimer() const {
  return state_ == State::kEnded ? absl::InfiniteDuration() : std::min(deadline_, next_heartbeat_);
}

}  // namespace orch::nodeagent
