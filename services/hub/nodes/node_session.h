// The protocol of one attached node as a state machine: messages in, messages out. Owned by its link. The hub's loop
// only: knows no gRPC and no threads. Reports to NodeEvents. Never trusts an update before its envelope is verified.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "auth/message_mac.h"
#include "auth/peer.h"
#include "base/clock.h"
#include "base/random.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/nodes/audit_heads.h"
#include "services/hub/nodes/node_channel.h"
#include "services/hub/nodes/node_events.h"
#include "services/hub/nodes/node_outbox.h"

namespace orch::hub {

class NodeSession final : public NodeChannel {
 public:
  struct Options {
    absl::Duration heartbeat = absl::Seconds(30);
    std::string hub_version;
    AuditHeads* audit_heads = nullptr;  // null: none are exchanged
  };
  // `who`: the peer that the handshake has proved. `address`: where the stream comes from, for people. `keyring` has
  // the key that signs the node's envelopes.
  NodeSession(auth::Peer who, std::string address, const auth::Keyring* keyring, std::shared_ptr<NodeOutbox> outbox,
              NodeEvents* events, const Clock* clock, Random* random, Options options);

  // Greets the node. The first call.
  void Start();
  void OnMessage(const v1::NodeMessage& message);
  // A message came that is no v1::NodeMessage.
  void OnMalformed();
  // kRegisterWithin is over: a node that has not registered by now is sent away.
  void OnRegisterDue();
  // The stream has ended on the wire. The last call.
  void OnClosed(absl::string_view reason);

  bool SendCommand(absl::string_view job_id, const std::shared_ptr<const CommandBody>& body) override;
  void SendCancel(absl::string_view job_id, absl::string_view reason) override;
  bool SendQuery(absl::string_view job_id) override;
  void SendAck(absl::string_view job_id) override;
  void AskDdls(const std::vector<std::string>& sha256s) override;
  void SendStanding(const v1::NodeStanding& standing) override;
  void SayGoodbye(absl::string_view reason, absl::Duration retry_after) override;

  // Gives the node its next key, signed with the present one. False as for SendCommand.
  bool SendNewKey(const auth::Key& key);

  const std::string& identity() const { return who_.name; }
  // The key of the node's envelopes; empty before the node has registered.
  const auth::Key& key() const { return key_; }
  const std::string& peer() const { return address_; }
  // The run of the agent that has this stream, at most kMaxInstanceBytes; empty before the node has registered.
  const std::string& instance() const { return instance_; }
  // What the handshake has proved of the node.
  const auth::Peer& who() const { return who_; }
  // The node's clock minus the hub's, by the last message that told the time.
  absl::Duration clock_skew() const { return clock_skew_; }

 private:
  enum class State { kGreeting, kRegistered, kEnded };

  void OnRegister(const v1::Register& message);
  // Sets the key of the envelopes: the key of the handshake, or the key that a node with a certificate names.
  absl::Status TakeKey(const v1::Node& node);
  // Notes the node's time. An error when the clocks differ so much that commands and replies would be refused.
  absl::Status CheckClock(int64_t node_time_us);
  void OnDelta(const v1::Delta& message);
  void OnEnvelope(const v1::Envelope& envelope);
  void OnDdls(const v1::Ddls& message);
  void OnHeartbeat(const v1::Heartbeat& message);
  // Ends the stream, with the reason: the peer has broken the protocol or a bound.
  void Refuse(const absl::Status& status);
  // Queues the message, and before it the acknowledgements that waited for one. False as for SendCommand.
  bool Push(NodeOutbox::Message message);
  void PushHeldAcks(bool others_follow);
  v1::Envelope MakeEnvelope(absl::string_view job_id, v1::Envelope::Kind kind) const;
  void Leave(absl::string_view reason);

  const auth::Peer who_;
  const std::string address_;
  const auth::Keyring* const keyring_;
  const std::shared_ptr<NodeOutbox> outbox_;
  NodeEvents* const events_;
  const Clock* const clock_;
  Random* const random_;
  const Options options_;
  State state_ = State::kGreeting;
  auth::Key key_;
  std::string instance_;
  absl::Duration clock_skew_;
  v1::Acknowledgement held_acks_;  // wait for the next message to the node; at most kMaxHeldAcks
};

// So many acknowledgements wait for a message with which they share a packet; more go by themselves.
inline constexpr size_t kMaxHeldAcks = 64;

// A stream whose node has not registered within this time ends, so that an authenticated peer that says nothing holds
// no place.
inline constexpr size_t kMaxInstanceBytes = 16;
inline constexpr absl::Duration kRegisterWithin = absl::Seconds(30);
// How long a node stays away when it was refused for its messages.
inline constexpr absl::Duration kRefusedRetryAfter = absl::Seconds(60);
// The version of the stream protocol that this hub speaks.
inline constexpr uint32_t kProtocolVersion = 3;

}  // namespace orch::hub
