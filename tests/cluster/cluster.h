// A hub in this process on loopback, and clients of it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/loop_executor.h"
#include "base/random.h"
#include "gtest/gtest.h"
#include "orch/v1/access_service.grpc.pb.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"
#include "services/hub/hub.h"
#include "tests/cluster/fake_agent.h"
#include "tests/support/connect.h"

namespace orch {

// One client: a channel of its own.
class TestClient {
 public:
  explicit TestClient(Connection connection);

  v1::Orchestrator::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return connection_.channel; }
  v1::Access::Stub& access() { return *access_; }
  // For one call.
  std::unique_ptr<grpc::ClientContext> Context();

  struct Job {
    grpc::Status status;
    v1::JobAccepted accepted;
    std::vector<v1::Reply> replies;
    v1::JobSummary summary;
    uint32_t no_longer_targets = 0;
    size_t messages = 0;
  };
  // Reads to the end.
  Job Invoke(const v1::JobSpec& spec);
  v1::GetHubStatusResponse HubStatus();

 private:
  Connection connection_;
  std::unique_ptr<v1::Orchestrator::Stub> stub_;
  std::unique_ptr<v1::Access::Stub> access_;
};

// A job of action ping on every node.
v1::JobSpec PingSpec();

class ClusterTest : public ::testing::Test {
 protected:
  ClusterTest();
  ~ClusterTest() override;

  void StartHub(bool plaintext = true);
  void StopHub() { hub_.reset(); }
  const std::string& address() const { return hub_->addresses().front(); }
  auth::Key KeyOf(auth::PeerKind kind, const std::string& name) const;
  FakeAgent::Options AgentOptions(const std::string& identity) const;
  std::unique_ptr<FakeAgent> Attach(FakeAgent::Options options);
  std::unique_ptr<FakeAgent> Attach(const std::string& identity) { return Attach(AgentOptions(identity)); }
  std::unique_ptr<TestClient> Connect(const std::string& name = "peadmin");
  // Why a client of that key is not let in, or Ok.
  absl::Status TryConnect(auth::PeerKind kind, const std::string& name, auth::Key key,
                          const auth::PeerTlsOptions& tls = {});

  SystemClock clock_;
  SystemRandom random_;
  LoopExecutor loop_{&clock_, "hub-loop"};
  std::string directory_;
  hub::HubConfig config_;
  std::unique_ptr<hub::Hub> hub_;
};

}  // namespace orch
