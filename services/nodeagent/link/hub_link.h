// Keeps this node attached to a hub, for ever: connects through a tunnel, attaches, and when that ends or
// fails tries again after a full-jitter wait, through all hubs in order from a random start. Owned
// by Agent; loop only. What is said on a stream is HubSession's business.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "auth/keyring.h"
#include "auth/peer_tls.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/net/address.h"
#include "base/net/tunnel.h"
#include "base/random.h"
#include "services/nodeagent/link/hub_session.h"
#include "services/nodeagent/link/hub_stream.h"

namespace orch::nodeagent {

class HubLink {
 public:
  static constexpr int kLogEveryAttempts = 20;
  static constexpr absl::Duration kConnectTimeout = absl::Seconds(15);  // the proof included
  static constexpr absl::Duration kSettled = absl::Seconds(30);  // attached so long: the next wait is short again

  struct Options {
    std::vector<Address> hubs;  // not empty
    std::string identity;
    auth::PeerTlsOptions tls;  // files are read again at each attempt
    absl::Duration reconnect_min = absl::Seconds(1);
    absl::Duration reconnect_max = absl::Seconds(60);
  };
  struct Callbacks {
    // Reads the credentials file; called at each attempt.
    std::function<absl::StatusOr<auth::PeerKey>()> load_key;
    std::function<std::shared_ptr<const NodeSnapshot>()> snapshot;
    std::function<void(const v1::Envelope&)> command;
    std::function<void(bool attached, const std::string& what)> attached;
  };
  struct Dependencies {
    const Clock* clock;
    Random* random;
    Executor* executor;
  };

  HubLink(Options options, Dependencies dependencies, Callbacks callbacks);
  ~HubLink();  // ends the stream and waits until gRPC has let go of it

  void Start();
  // Sends a last flush, then stays away. Calls back once the stream is over, after `grace` at the latest.
  void Stop(absl::Duration grace, std::function<void()> stopped);

  void OnSnapshot();
  // False when it was lost: no hub knows this node now.
  bool SendUpdate(v1::Envelope update);

  // Whether the hub takes what may be left out.
  bool HasRoom() const { return attached() && stream_ != nullptr && stream_->HasRoom(); }

  bool attached() const { return session_ != nullptr && session_->registered(); }
  std::string hub() const { return options_.hubs[hub_index_].Text(); }

 private:
  void Attempt();
  absl::Status Connect();
  void OnTunnel(absl::StatusOr<Tunnel::Opened> opened, const std::string& key_id);
  absl::Status WhyEnded(const grpc::Status& status) const;
  void Apply(HubSession::Output output);
  void CloseStream();
  void Forget(HubStream* stream);
  void EndStream(const absl::Status& why, absl::Duration retry_after);
  void ScheduleAttempt(absl::Duration at_least);
  void ArmTimer();
  void LogFailure(const std::string& why);

  Options options_;
  const Dependencies deps_;
  const Callbacks callbacks_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Backoff backoff_;
  size_t hub_index_ = 0;
  size_t tried_in_round_ = 0;
  std::unique_ptr<Tunnel> tunnel_;
  uint64_t attempt_ = 0;  // counts Connect, to tell a late tunnel from the one that is awaited
  std::shared_ptr<HubStream> stream_;
  std::vector<std::shared_ptr<HubStream>> ending_;  // closed, not yet let go by gRPC
  std::unique_ptr<HubSession> session_;
  absl::Duration attached_at_;
  TimerId timer_ = 0;  // of the session, or of the next attempt
  struct Failure {
    std::string why;
    int times = 0;
  };
  std::map<std::string, Failure> failures_;           // by hub, since the last success
  std::map<std::string, absl::Duration> not_before_;  // by hub: Clock::Steady, as it wished
  bool stopping_ = false;
  std::function<void()> stopped_;
};

}  // namespace orch::nodeagent
