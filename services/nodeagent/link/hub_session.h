// The protocol of one attachment to the hub as a state machine: an event goes in, messages come out. Knows no gRPC
// type, no thread and no I/O. Passes on no command before the hub has registered the node. Owned by HubLink; used on
// the loop.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/state/node_snapshot.h"

namespace orch::nodeagent {

class HubSession {
 public:
  static constexpr uint32_t kProtocol = 3;
  static constexpr absl::Duration kWelcomeTimeout = absl::Seconds(15);     // from the connection
  static constexpr absl::Duration kRegisteredTimeout = absl::Seconds(30);  // from Register
  static constexpr int kMissedHeartbeats = 3;
  static constexpr uint32_t kMaxHeartbeatSeconds = 3600;
  static constexpr absl::Duration kMaxRetryAfter = absl::Minutes(10);
  static constexpr absl::Duration kVolatileInterval = absl::Hours(1);
  static constexpr size_t kMaxDdlMessageBytes = 2u << 20;
  static constexpr size_t kMaxReasonBytes = 512;  // of a Goodbye, for the log

  // Says that the session is over, and the link closes the stream. `retry_after` is the wait that the hub asks for, or
  // 0.
  struct End {
    absl::Status why;
    absl::Duration retry_after;
  };
  struct Output {
    std::vector<v1::NodeMessage> send;        // in this order
    std::vector<v1::Envelope> commands;       // not yet verified; for the command gate
    bool registered = false;                  // the hub has just registered the node
    std::optional<v1::AuditHead> audit_head;  // the hub has told the newest record of its audit log
    std::optional<End> end;                   // if set, nothing else is
  };

  // `key_id` names the key that signs this node's envelopes, `instance` this run of the agent.
  HubSession(const Clock* clock, std::string key_id, std::string instance,
             std::shared_ptr<const NodeSnapshot> snapshot);

  // The head of the hub's audit log that the node remembers; sent when the node registers.
  void SetAuditHead(v1::AuditHead head) { audit_head_ = std::move(head); }

  Output OnMessage(v1::HubMessage message);
  // Takes a new state of the node. Sends a Delta if the change is a cause for one and the hub has registered the node.
  Output OnSnapshot(std::shared_ptr<const NodeSnapshot> snapshot);
  // Sends a signed update of the command gate. The update is lost, and the output empty, if the node is not registered.
  Output OnUpdate(v1::Envelope update);
  // Sends heartbeats and ends the session at a deadline. Call at or after NextTimer().
  Output OnTimer();
  absl::Duration NextTimer() const;  // Clock::Steady

  bool registered() const { return state_ == State::kRegistered; }
  const std::string& hub_version() const { return hub_version_; }

 private:
  enum class State { kAwaitWelcome, kAwaitRegistered, kRegistered, kEnded };

  Output OnWelcome(const v1::Welcome& welcome);
  Output OnRegistered(const v1::Registered& registered);
  Output OnGoodbye(const v1::Goodbye& goodbye);
  Output Finish(absl::Status why, absl::Duration retry_after = absl::ZeroDuration());
  Output OutOfOrder(absl::string_view message);
  void AppendDdls(const google::protobuf::RepeatedPtrField<std::string>& wanted, Output* output);
  void AppendDelta(Output* output);

  const Clock* const clock_;
  const std::string key_id_;
  const std::string instance_;
  State state_ = State::kAwaitWelcome;
  std::shared_ptr<const NodeSnapshot> current_;
  std::shared_ptr<const NodeSnapshot> told_;  // what the hub was last told; null before Register
  std::string hub_version_;
  v1::AuditHead audit_head_;
  absl::Duration told_at_;
  absl::Duration deadline_;  // for the hub's next message
  absl::Duration heartbeat_every_ = absl::InfiniteDuration();
  absl::Duration next_heartbeat_ = absl::InfiniteDuration();
};

}  // namespace orch::nodeagent
