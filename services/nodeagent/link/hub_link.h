// Keeps this node attached to a hub for as long as the agent runs: connects through a tunnel, attaches, and if either
// ends or fails, tries again after a wait with full jitter, through all hubs in order from a random start. HubSession
// decides what is said on a stream. Owned by Agent; used on the loop only. Holds no key, and never runs anything.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/net/address.h"
#include "base/net/tunnel.h"
#include "base/random.h"
#include "services/nodeagent/link/hub_session.h"
#include "services/nodeagent/link/hub_stream.h"

namespace orch::nodeagent {

class HubLink {
 public:
  static constexpr int kLogEveryAttempts = 20;
  static constexpr size_t kInstanceBytes = 16;
  static constexpr absl::Duration kConnectTimeout = absl::Seconds(15);  // the proof included
  static constexpr absl::Duration kSettled = absl::Seconds(30);  // after so long a stream the next wait is short again

  struct Options {
    std::vector<Address> hubs;  // not empty
    absl::Duration reconnect_min = absl::Seconds(1);
    absl::Duration reconnect_max = absl::Seconds(60);
  };
  // This node's side of the handshake for one connection, made by whoever holds the key.
  struct Proof {
    std::string key_id;
    std::unique_ptr<TunnelSecurity> security;
  };
  struct Callbacks {
    std::function<absl::StatusOr<Proof>(const Address& hub)> prove;  // called at each attempt
    std::function<void(const v1::Envelope&)> command;
    std::function<void(bool attached, const std::string& what)> attached;
    // The head of this hub's audit log that the node remembers, and one that the hub has told; may be null.
    std::function<v1::AuditHead(const std::string& hub)> remembered_head;
    std::function<void(const std::string& hub, const v1::AuditHead& head)> audit_head;
    std::function<void(bool allowed)> output_allowed;  // called at each change; initially it is not allowed
  };
  struct Dependencies {
    const Clock* clock;
    Random* random;
    Executor* executor;
  };

  HubLink(Options options, Dependencies dependencies, std::shared_ptr<const NodeSnapshot> snapshot,
          Callbacks callbacks);
  // Ends the stream.
  ~HubLink();

  void Start();
  // Sends what is in the outbox, then stays detached. Calls `stopped` once the stream is over, after `grace` at the
  // latest.
  void Stop(absl::Duration grace, std::function<void()> stopped);

  // Ends the stream of an attached node and connects again.
  void Renew(absl::string_view why);
  void OnSnapshot(std::shared_ptr<const NodeSnapshot> snapshot);
  // The update is lost, and counted, if no hub has registered this node.
  void SendUpdate(v1::Envelope update);

  uint64_t lost_updates() const { return lost_updates_; }
  bool attached() const { return session_ != nullptr && session_->registered(); }
  std::string hub() const { return options_.hubs[hub_index_].Text(); }

 private:
  void Attempt();
  absl::Status Connect();
  void OnOpened(const std::string& key_id);
  void Apply(HubSession::Output output);
  void CloseStream();
  void EndStream(const absl::Status& why, absl::Duration retry_after);
  void ScheduleAttempt(absl::Duration at_least);
  void ArmTimer();
  void TellOutputAllowed();
  void LogFailure(const std::string& why);

  Options options_;
  const Dependencies deps_;
  const Callbacks callbacks_;
  const std::string instance_;  // tells this agent from another one that uses the same identity
  Lifetime lifetime_;
  Backoff backoff_;
  size_t hub_index_ = 0;
  size_t tried_in_round_ = 0;
  std::unique_ptr<Tunnel> tunnel_;
  std::unique_ptr<HubStream> stream_;    // from the attempt on
  std::unique_ptr<HubSession> session_;  // once the stream is open
  std::shared_ptr<const NodeSnapshot> snapshot_;
  bool output_allowed_ = false;  // as told
  uint64_t lost_updates_ = 0;
  absl::Duration attached_at_;
  TimerId timer_ = 0;  // the session's, or that of the next attempt
  struct Failure {
    std::string why;
    int times = 0;
  };
  std::map<std::string, Failure> failures_;           // by hub, since the last success
  std::map<std::string, absl::Duration> not_before_;  // by hub: when it wishes to be tried again, Clock::Steady
  bool stopping_ = false;
  std::function<void()> stopped_;
};

}  // namespace orch::nodeagent
