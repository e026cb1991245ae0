// A node's side of Attach, as small as the protocol allows, over real gRPC: for tests of the hub
// with many nodes in one process. Proves itself and checks every envelope as a node must.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/keyring.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "orch/v1/node_service.grpc.pb.h"
#include "tests/support/connect.h"

namespace orch {

// Thread-safe. The destructor cuts the stream and waits for its end.
class FakeAgent final : public grpc::ClientBidiReactor<v1::NodeMessage, v1::HubMessage> {
 public:
  struct Options {
    std::string hub;  // address
    std::string identity;
    std::string instance;  // empty: its own
    auth::Key key;
    bool plaintext = false;
    auth::PeerTlsOptions tls;   // a certificate, say
    absl::Duration clock_skew;  // what it says of its clock is off by so much
    std::string facts_json = "{}";
    std::vector<std::string> ddls;  // texts; names and hashes are read from them
    // The outcome of a command; nullopt: never answers. Unset: OK with {"pong":1}.
    std::function<std::optional<v1::TaskUpdate>(const v1::Command&)> on_command;
    // What became of a job; nullopt: no answer. Unset: it never came to know of it.
    std::function<std::optional<v1::TaskUpdate>(const std::string& job_id)> on_query;
    std::function<void()> on_ack;  // an outcome was acknowledged; may be unset
    bool keep_commands = true;     // false: commands() stays empty, however long it runs
  };
  FakeAgent(Options options, const Clock* clock, Random* random);
  ~FakeAgent();

  // False when the stream ended first.
  bool WaitRegistered();
  // The stream's status, once it ended.
  grpc::Status WaitEnded();
  // Waits until so many commands have come; false when the stream ended first.
  bool WaitCommands(size_t count);
  // The answer brings the acknowledgements that wait for a message.
  void SendHeartbeat();
  // Sends heartbeats until so many outcomes were acknowledged; false when the stream ended first.
  bool WaitAcks(size_t count);
  // Waits until the hub has said so many times what it says of the node; false when the stream ended first.
  bool WaitStandings(size_t count);
  void Cut() { context_.TryCancel(); }
  void Send(v1::NodeMessage message);
  // Answers a job as the action would.
  void Finish(const std::string& job_id, const v1::TaskUpdate& update);
  std::string goodbye();
  std::vector<v1::Command> commands();
  std::vector<v1::NodeStanding> standings();
  size_t cancels();
  std::vector<std::string> queries();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  void Handle(const v1::HubMessage& message);
  void HandleCommand(const v1::Envelope& envelope);
  void HandleQuery(const std::string& job_id);
  void Register();
  void SendDdls(const google::protobuf::RepeatedPtrField<std::string>& wanted);
  // Sends from outside callbacks need a hold; it is given back when the stream has ended for us.
  void RemoveHoldOnce();
  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  const Clock* const clock_;
  Random* const random_;
  Connection connection_;
  std::unique_ptr<v1::NodeService::Stub> stub_;
  grpc::ClientContext context_;
  v1::HubMessage incoming_;

  Mutex mu_;
  CondVar changed_;
  std::deque<v1::NodeMessage> outbox_ ABSL_GUARDED_BY(mu_);
  bool held_ ABSL_GUARDED_BY(mu_) = true;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool registered_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Status status_ ABSL_GUARDED_BY(mu_);
  std::string goodbye_ ABSL_GUARDED_BY(mu_);
  std::vector<v1::Command> commands_ ABSL_GUARDED_BY(mu_);
  std::vector<v1::NodeStanding> standings_ ABSL_GUARDED_BY(mu_);
  size_t cancels_ ABSL_GUARDED_BY(mu_) = 0;
  size_t acks_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<std::string> queries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch
