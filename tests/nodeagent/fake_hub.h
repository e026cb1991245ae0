// A hub of one page: greets, records what a node says, sends what a test wants.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "auth/keyring.h"
#include "auth/refusal_counters.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "orch/v1/node_service.grpc.pb.h"
#include "tests/nodeagent/fakes.h"
#include "tests/support/test_door.h"

namespace orch::nodeagent {

class FakeHub final : public v1::NodeService::CallbackService {
 public:
  // Listens on a loopback port of its own, plaintext, behind a real door. `credentials`: file with its PSKs.
  explicit FakeHub(const std::string& credentials, int port = 0);
  ~FakeHub() override;

  grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* Attach(grpc::CallbackServerContext* context) override;

  const std::string& address() const { return door_.address(); }
  int port() const { return door_.port(); }
  const auth::RefusalCounters& refused() const { return door_.refused(); }
  // To the node attached last.
  void Send(v1::HubMessage message);
  // A command signed with the node's key.
  void SendCommand(const v1::Command& command);
  void SendSigned(v1::Envelope::Kind kind, const std::string& attempt_id, const std::string& body = "");
  void SendAck(const std::string& attempt_id);
  // Ends the stream of the node attached last.
  void EndStream();
  void Stop();

  Inbox<v1::NodeMessage> received;
  Inbox<std::string> attached;  // identities
  Inbox<std::string> detached;

 private:
  class Stream;

  SystemClock clock_;
  SystemRandom random_;
  TestDoor door_;
  Mutex mu_;
  Stream* last_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::string identity_ ABSL_GUARDED_BY(mu_);
  auth::Key key_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace orch::nodeagent
