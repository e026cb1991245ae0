#include "tests/cluster/fake_agent.h"

#include <utility>

#include "auth/message_mac.h"
#include "base/digest.h"
#include "base/json.h"

namespace orch {
namespace {

constexpr absl::Duration kBeatEvery = absl::Milliseconds(20);

v1::TaskUpdate Pong() {
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::FINISHED);
  update.mutable_reply()->set_state(v1::OK);
  update.mutable_reply()->set_data_json("{\"pong\":1}");
  return update;
}

}  // namespace

FakeAgent::FakeAgent(Options options, const Clock* clock, Random* random)
    : options_(std::move(options)), clock_(clock), random_(random) {
  auth::PeerTlsOptions tls = options_.tls;
  tls.plaintext = options_.plaintext;
  auto connection = ConnectTo(
      options_.hub, tls, {auth::PeerKind::kNode, options_.identity, auth::PeerKey{options_.key, false}}, clock, random);
  if (!connection.ok()) {
    MutexLock lock(&mu_);
    ended_ = true;
    held_ = false;
    status_ = grpc::Status(static_cast<grpc::StatusCode>(connection.status().raw_code()),
                           std::string(connection.status().message()));
    return;
  }
  connection_ = *std::move(connection);
  connection_.Prepare(&context_);
  stub_ = v1::NodeService::NewStub(connection_.channel);
  stub_->async()->Attach(&context_, this);
  AddHold();  // the destructor's
  StartRead(&incoming_);
  StartCall();
}

FakeAgent::~FakeAgent() {
  context_.TryCancel();
  RemoveHoldOnce();
  MutexLock lock(&mu_);
  while (!ended_) changed_.Wait(&mu_);
}

void FakeAgent::RemoveHoldOnce() {
  {
    MutexLock lock(&mu_);
    if (!held_) return;
    held_ = false;
  }
  RemoveHold();
}

void FakeAgent::OnReadDone(bool ok) {
  if (!ok) {
    RemoveHoldOnce();
    return;
  }
  Handle(incoming_);
  StartRead(&incoming_);
}

void FakeAgent::Handle(const v1::HubMessage& message) {
  switch (message.message_case()) {
    case v1::HubMessage::kWelcome:
      Register();
      break;
    case v1::HubMessage::kRegistered: {
      SendDdls(message.registered().need_ddl_sha256());
      MutexLock lock(&mu_);
      registered_ = true;
      changed_.SignalAll();
      break;
    }
    case v1::HubMessage::kCommand:
      HandleCommand(message.command());
      break;
    case v1::HubMessage::kNeedDdls:
      SendDdls(message.need_ddls().ddl_sha256());
      break;
    case v1::HubMessage::kGoodbye: {
      MutexLock lock(&mu_);
      goodbye_ = message.goodbye().reason();
      break;
    }
    default:
      break;
  }
}

void FakeAgent::HandleCommand(const v1::Envelope& envelope) {
  auth::Refusal refusal;
  if (!auth::OpenEnvelope(envelope, options_.key, {v1::Envelope::TO_NODE, options_.identity, nullptr}, clock_->Now(),
                          &refusal)
           .ok()) {
    return;
  }
  if (envelope.kind() == v1::Envelope::CANCEL) {
    MutexLock lock(&mu_);
    ++cancels_;
    changed_.SignalAll();
    return;
  }
  if (envelope.kind() == v1::Envelope::ACK) {
    v1::Acknowledgement ack;
    if (!ack.ParseFromString(envelope.body())) return;
    for (int i = 0; i < ack.attempt_ids_size() && options_.on_ack; ++i) options_.on_ack();
    MutexLock lock(&mu_);
    acks_ += static_cast<size_t>(ack.attempt_ids_size());
    changed_.SignalAll();
    return;
  }
  if (envelope.kind() == v1::Envelope::STANDING) {
    v1::NodeStanding standing;
    if (!standing.ParseFromString(envelope.body())) return;
    MutexLock lock(&mu_);
    if (options_.keep_commands) standings_.push_back(std::move(standing));
    changed_.SignalAll();
    return;
  }
  if (envelope.kind() != v1::Envelope::QUERY && envelope.kind() != v1::Envelope::COMMAND) return;
  if (envelope.kind() == v1::Envelope::QUERY) return HandleQuery(envelope.attempt_id());
  v1::Command command;
  if (!command.ParseFromString(envelope.body())) return;
  if (options_.keep_commands) {
    MutexLock lock(&mu_);
    commands_.push_back(command);
    changed_.SignalAll();
  }
  const std::optional<v1::TaskUpdate> update = options_.on_command ? options_.on_command(command) : Pong();
  if (update) Finish(command.attempt_id(), *update);
}

void FakeAgent::HandleQuery(const std::string& job_id) {
  {
    MutexLock lock(&mu_);
    queries_.push_back(job_id);
  }
  v1::TaskUpdate unknown;
  unknown.set_kind(v1::TaskUpdate::UNKNOWN);
  const std::optional<v1::TaskUpdate> update = options_.on_query ? options_.on_query(job_id) : unknown;
  if (update) Finish(job_id, *update);
}

void FakeAgent::Finish(const std::string& job_id, const v1::TaskUpdate& update) {
  v1::NodeMessage message;
  v1::Envelope* envelope = message.mutable_update();
  envelope->set_direction(v1::Envelope::TO_HUB);
  envelope->set_kind(v1::Envelope::UPDATE);
  envelope->set_attempt_id(job_id);
  envelope->set_identity(options_.identity);
  envelope->set_body(update.SerializeAsString());
  auth::SealEnvelope(options_.key, Sha256(envelope->body()), clock_->Now(), auth::kMessageTtl, random_, envelope);
  Send(std::move(message));
}

void FakeAgent::Register() {
  v1::NodeMessage message;
  message.mutable_register_()->set_protocol(3);
  message.mutable_register_()->set_instance(options_.instance.empty() ? absl::StrCat(reinterpret_cast<uintptr_t>(this))
                                                                      : options_.instance);
  message.mutable_register_()->set_node_time_us(absl::ToUnixMicros(clock_->Now() + options_.clock_skew));
  v1::Node* node = message.mutable_register_()->mutable_node();
  node->set_identity(options_.identity);
  node->set_facts_json(options_.facts_json);
  node->add_collectives("mcollective");
  node->set_main_collective("mcollective");
  node->set_version("test");
  node->set_key_id(options_.key.id);
  for (const std::string& text : options_.ddls) {
    const auto json = ParseJsonObject(text, "DDL");
    v1::PluginRef* plugin = node->add_plugins();
    plugin->set_name((*json)["metadata"]["name"].get<std::string>());
    plugin->set_version((*json)["metadata"]["version"].get<std::string>());
    plugin->set_ddl_sha256(Sha256(text));
  }
  Send(std::move(message));
}

void FakeAgent::SendDdls(const google::protobuf::RepeatedPtrField<std::string>& wanted) {
  if (wanted.empty()) return;
  v1::NodeMessage message;
  for (const std::string& text : options_.ddls) {
    for (const std::string& sha256 : wanted) {
      if (Sha256(text) == sha256) message.mutable_ddls()->add_ddl_json(text);
    }
  }
  Send(std::move(message));
}

void FakeAgent::Send(v1::NodeMessage message) {
  MutexLock lock(&mu_);
  if (!held_) return;
  outbox_.push_back(std::move(message));
  PumpLocked();
}

void FakeAgent::PumpLocked() {
  if (writing_ || outbox_.empty() || !held_) return;
  writing_ = true;
  StartWrite(&outbox_.front());
}

void FakeAgent::OnWriteDone(bool ok) {
  MutexLock lock(&mu_);
  writing_ = false;
  outbox_.pop_front();
  if (ok) PumpLocked();
}

void FakeAgent::OnDone(const grpc::Status& status) {
  MutexLock lock(&mu_);
  ended_ = true;
  status_ = status;
  changed_.SignalAll();
}

bool FakeAgent::WaitRegistered() {
  MutexLock lock(&mu_);
  while (!registered_ && !ended_) changed_.Wait(&mu_);
  return registered_;
}

grpc::Status FakeAgent::WaitEnded() {
  MutexLock lock(&mu_);
  while (!ended_) changed_.Wait(&mu_);
  return status_;
}

bool FakeAgent::WaitCommands(size_t count) {
  MutexLock lock(&mu_);
  while (commands_.size() < count && !ended_) changed_.Wait(&mu_);
  return commands_.size() >= count;
}

void FakeAgent::SendHeartbeat() {
  v1::NodeMessage message;
  message.mutable_heartbeat()->set_node_time_us(absl::ToUnixMicros(clock_->Now()));
  Send(std::move(message));
}

bool FakeAgent::WaitAcks(size_t count) {
  while (true) {
    SendHeartbeat();
    MutexLock lock(&mu_);
    if (acks_ < count && !ended_) changed_.WaitFor(&mu_, absl::ToChronoNanoseconds(kBeatEvery));
    if (acks_ >= count || ended_) return acks_ >= count;
  }
}

bool FakeAgent::WaitStandings(size_t count) {
  MutexLock lock(&mu_);
  while (standings_.size() < count && !ended_) changed_.Wait(&mu_);
  return standings_.size() >= count;
}

std::vector<v1::NodeStanding> FakeAgent::standings() {
  MutexLock lock(&mu_);
  return standings_;
}

std::vector<std::string> FakeAgent::queries() {
  MutexLock lock(&mu_);
  return queries_;
}

std::string FakeAgent::goodbye() {
  MutexLock lock(&mu_);
  return goodbye_;
}

std::vector<v1::Command> FakeAgent::commands() {
  MutexLock lock(&mu_);
  return commands_;
}

size_t FakeAgent::cancels() {
  MutexLock lock(&mu_);
  return cancels_;
}

}  // namespace orch
