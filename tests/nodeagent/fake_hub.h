// A hub of one page: greets, records what a node says, sends what a test wants.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "auth/call_credential.h"
#include "auth/keyring.h"
#include "auth/replay_guard.h"
#include "base/clock.h"
#include "base/random.h"
#include "orch/v1/node_service.grpc.pb.h"
#include "tests/nodeagent/fakes.h"

namespace orch::nodeagent {

class FakeHub final : public v1::NodeService::CallbackService {
 public:
  // Listens on a loopback port of its own, plaintext. `credentials`: file with its PSK.
  // `proof`: sent instead of the true one when not empty.
  FakeHub(const std::string& credentials, std::string proof, int port = 0);
  ~FakeHub() override;

  grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* Attach(grpc::CallbackServerContext* context) override;

  std::string address() const;
  int port() const { return port_; }
  // To the node attached last.
  void Send(v1::HubMessage message);
  // A command signed with the node's key.
  void SendCommand(const v1::Command& command);
  void SendSigned(v1::Envelope::Kind kind, const std::string& job_id, const std::string& body = "");
  // Ends the stream of the node attached last.
  void EndStream();
  void Stop();

  Inbox<v1::NodeMessage> received;
  Inbox<std::string> attached;  // identities
  Inbox<std::string> detached;
  Inbox<std::string> refused;  // why

 private:
  class Stream;

  SystemClock clock_;
  SystemRandom random_;
  const std::unique_ptr<auth::Keyring> keyring_;
  auth::ReplayGuard replay_guard_;
  auth::RefusalCounters counters_;
  const auth::CallVerifier verifier_;
  const std::string proof_;
  int port_ = 0;
  Mutex mu_;
  Stream* last_ ABSL_GUARDED_BY(mu_) = nullptr;
  auth::Caller caller_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace orch::nodeagent
