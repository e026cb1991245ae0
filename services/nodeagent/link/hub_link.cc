#include "services/nodeagent/link/hub_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::nodeagent {

HubLink::HubLink(Options options, Dependencies dependencies, std::shared_ptr<const NodeSnapshot> snapshot,
                 Callbacks callbacks)
    : options_(std::move(options)),
      deps_(dependencies),
      callbacks_(std::move(callbacks)),
      instance_(dependencies.random->Bytes(kInstanceBytes)),
      backoff_(options_.reconnect_min, options_.reconnect_max, dependencies.random),
      hub_index_(std::min(options_.hubs.size() - 1,
                          static_cast<size_t>(dependencies.random->Uniform() * options_.hubs.size()))),
      snapshot_(std::move(snapshot)) {}

HubLink::~HubLink() {
  if (timer_ != 0) deps_.executor->Cancel(timer_);
  CloseStream();
}

void HubLink::CloseStream() {
  tunnel_.reset();
  session_.reset();
  stream_.reset();
}

void HubLink::Start() { Attempt(); }

void HubLink::Attempt() {
  if (stopping_) return;
  if (const absl::Status started = Connect(); !started.ok()) EndStream(started, absl::ZeroDuration());
}

absl::Status HubLink::Connect() {
  const Address& address = options_.hubs[hub_index_];
  ORCH_ASSIGN_OR_RETURN(Proof proof, callbacks_.prove(address));
  stream_ = std::make_unique<HubStream>(
      deps_.executor, HubStream::Callbacks{
                          .opened = [this, key_id = proof.key_id] { OnOpened(key_id); },
                          .message = [this](v1::HubMessage message) { Apply(session_->OnMessage(std::move(message))); },
                          .done = [this](const absl::Status& status) { EndStream(status, absl::ZeroDuration()); },
                          .drained = [this] { TellOutputAllowed(); }});
  tunnel_ = Tunnel::Start(address, std::move(proof.security), deps_.clock, kConnectTimeout, stream_->MakeEnd());
  stream_->SetWake(tunnel_->Waker());
  return absl::OkStatus();
}

void HubLink::OnOpened(const std::string& key_id) {
  session_ = std::make_unique<HubSession>(deps_.clock, key_id, instance_, snapshot_);
  if (callbacks_.remembered_head != nullptr) session_->SetAuditHead(callbacks_.remembered_head(hub()));
  ArmTimer();
}

void HubLink::Apply(HubSession::Output output) {
  if (output.end.has_value()) return EndStream(output.end->why, output.end->retry_after);
  for (const v1::NodeMessage& message : output.send) {
    if (const absl::Status sent = stream_->Send(message); !sent.ok()) {
      return EndStream(sent, absl::ZeroDuration());
    }
  }
  if (output.registered) {
    attached_at_ = deps_.clock->Steady();
    tried_in_round_ = 0;
    failures_.clear();
    not_before_.clear();
    LogInfo("attached", {{"hub", hub()}, {"hub_version", session_->hub_version()}});
    callbacks_.attached(true, hub());
  }
  if (output.audit_head.has_value() && callbacks_.audit_head != nullptr) {
    callbacks_.audit_head(hub(), *output.audit_head);
  }
  for (const v1::Envelope& command : output.commands) callbacks_.command(command);
  TellOutputAllowed();
  ArmTimer();
}

void HubLink::EndStream(const absl::Status& why, absl::Duration retry_after) {
  const bool was_attached = attached_at_ != absl::ZeroDuration();
  const bool settled = was_attached && deps_.clock->Steady() - attached_at_ >= kSettled;
  attached_at_ = absl::ZeroDuration();
  CloseStream();
  TellOutputAllowed();
  if (timer_ != 0) deps_.executor->Cancel(timer_);
  timer_ = 0;
  if (stopping_) {
    if (auto stopped = std::exchange(stopped_, nullptr)) stopped();
    return;
  }
  LogFailure(std::string(why.message()));
  if (was_attached) callbacks_.attached(false, std::string(why.message()));
  if (settled) backoff_.Reset();
  if (retry_after > absl::ZeroDuration()) not_before_[hub()] = deps_.clock->Steady() + retry_after;
  ++tried_in_round_;
  const bool round_over = was_attached || tried_in_round_ >= options_.hubs.size();
  // A hub that was lost is tried again first; a hub that sent this node away is not.
  if (!was_attached || retry_after > absl::ZeroDuration()) hub_index_ = (hub_index_ + 1) % options_.hubs.size();
  if (round_over) tried_in_round_ = 0;
  // The wait that one hub asks for does not apply to the next hub.
  const auto wish = not_before_.find(hub());
  const absl::Duration wished = wish == not_before_.end() ? absl::ZeroDuration() : wish->second - deps_.clock->Steady();
  const absl::Duration pause = round_over ? backoff_.Next() : absl::ZeroDuration();
  ScheduleAttempt(std::max({wished, pause, absl::ZeroDuration()}));
}

void HubLink::ScheduleAttempt(absl::Duration at_least) {
  Lifetime::Watch alive = lifetime_.watch();
  timer_ = deps_.executor->PostAfter(at_least, [this, alive] {
    if (alive.ended()) return;
    timer_ = 0;
    Attempt();
  });
}

void HubLink::ArmTimer() {
  if (timer_ != 0) deps_.executor->Cancel(timer_);
  timer_ = 0;
  const absl::Duration due = session_->NextTimer();
  if (due == absl::InfiniteDuration()) return;
  Lifetime::Watch alive = lifetime_.watch();
  timer_ = deps_.executor->PostAfter(due - deps_.clock->Steady(), [this, alive] {
    if (alive.ended()) return;
    timer_ = 0;
    if (session_ != nullptr) Apply(session_->OnTimer());
  });
}

void HubLink::LogFailure(const std::string& why) {
  Failure& failure = failures_[hub()];
  if (why != failure.why) failure = {why, 0};
  if (failure.times++ % kLogEveryAttempts != 0) return;
  LogWarning("not attached to the hub; trying again",
             {{"hub", hub()}, {"why", why}, {"times", absl::StrCat(failure.times)}});
}

void HubLink::TellOutputAllowed() {
  const bool allowed = attached() && stream_->TakesOutput();
  if (std::exchange(output_allowed_, allowed) != allowed) callbacks_.output_allowed(allowed);
}

void HubLink::OnSnapshot(std::shared_ptr<const NodeSnapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  if (session_ != nullptr) Apply(session_->OnSnapshot(snapshot_));
}

void HubLink::SendUpdate(v1::Envelope update) {
  if (attached()) {
    Apply(session_->OnUpdate(std::move(update)));
  } else {
    ++lost_updates_;
  }
}

void HubLink::Renew(absl::string_view why) {
  if (attached() && !stopping_) EndStream(absl::UnavailableError(why), absl::ZeroDuration());
}

void HubLink::Stop(absl::Duration grace, std::function<void()> stopped) {
  stopping_ = true;
  if (session_ == nullptr) {
    CloseStream();
    if (timer_ != 0) deps_.executor->Cancel(timer_);
    timer_ = 0;
    return stopped();
  }
  stopped_ = std::move(stopped);
  stream_->HalfClose();
  Lifetime::Watch alive = lifetime_.watch();
  deps_.executor->PostAfter(grace, [this, alive] {
    if (!alive.ended() && stopped_ != nullptr) EndStream(absl::CancelledError("stopping"), absl::ZeroDuration());
  });
}

}  // namespace orch::nodeagent
