// The fleet outlives the hub, over real gRPC and a real store.
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FleetClusterTest : public ClusterTest {
 protected:
  void Restart() {
    StopHub();
    StartHub();
  }
  // Of nodes that have come or gone, the last one is this.
  void AwaitState(TestClient* client, const std::string& identity, v1::Presence presence) {
    v1::GetNodeRequest request;
    request.set_identity(identity);
    v1::GetNodeResponse response;
    do {
      response.Clear();
      const auto context = client->Context();
      ASSERT_TRUE(client->stub().GetNode(context.get(), request, &response).ok());
    } while (response.node().presence() != presence);
  }
  v1::ListNodesResponse List(TestClient* client, v1::ListNodesRequest request = {}) {
    v1::ListNodesResponse response;
    const auto context = client->Context();
    const grpc::Status status = client->stub().ListNodes(context.get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static std::vector<std::string> Names(const v1::ListNodesResponse& response) {
    std::vector<std::string> names;
    for (const v1::Node& node : response.nodes()) names.push_back(node.identity());
    return names;
  }
};

TEST_F(FleetClusterTest, ANodeThatIsAwayIsKnownAfterARestartAndItsCommandWaitsForIt) {
  StartHub();
  {
    auto away = Attach("away"), here = Attach("here");
    auto client = Connect();
    ASSERT_TRUE(client->Invoke(PingSpec()).status.ok());  // the DDL has come
    away->Cut();
    AwaitState(client.get(), "away", v1::DISCONNECTED);
  }
  Restart();
  auto client = Connect();
  EXPECT_THAT(Names(List(client.get())), ElementsAre("away", "here"));
  const v1::Node away = List(client.get()).nodes(0);
  EXPECT_EQ(away.presence(), v1::DISCONNECTED);
  EXPECT_THAT(away.gone_reason(), HasSubstr("the connection to the node was lost"));
  EXPECT_GT(away.last_seen_us(), 0);
  // Nobody is here, and the plugin is known all the same.
  v1::JobSpec spec = PingSpec();
  spec.mutable_target()->mutable_filter()->add_options()->set_kind(v1::FilterOption::FACT);
  spec.mutable_target()->mutable_filter()->mutable_options(0)->set_text("name=away");
  const TestClient::Job missed = client->Invoke(spec);
  ASSERT_TRUE(missed.status.ok()) << missed.status.error_message();
  EXPECT_EQ(missed.accepted.targets(), 0u);
  EXPECT_THAT(missed.accepted.away().identities(), ElementsAre("away"));
  EXPECT_EQ(missed.accepted.away().returning(), 0u) << "it was gone before the hub stopped";
  // It waits for the node, which comes to a hub that has never had its stream.
  spec.set_queue_offline(true);
  spec.set_ttl_ms(60'000);
  v1::InvokeRequest request;
  *request.mutable_spec() = spec;
  const auto context = client->Context();
  auto reader = client->stub().Invoke(context.get(), request);
  v1::InvokeResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.accepted().targets(), 1u);
  EXPECT_THAT(response.accepted().queued_identities(), ElementsAre("away"));
  EXPECT_FALSE(response.accepted().has_away());
  auto back = Attach("away");
  std::vector<std::string> answered;
  while (reader->Read(&response)) {
    for (const v1::Reply& reply : response.replies()) {
      answered.push_back(reply.identity());
      EXPECT_EQ(reply.state(), v1::OK);
    }
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_THAT(answered, ElementsAre("away"));
}

TEST_F(FleetClusterTest, AfterARestartAllSaysWhoIsStillOnTheWayBack) {
  StartHub();
  {
    auto a = Attach("a"), b = Attach("b");
    ASSERT_TRUE(Connect()->Invoke(PingSpec()).status.ok());
    StopHub();  // while they are attached
  }
  StartHub();
  auto a = Attach("a");
  auto client = Connect();
  const TestClient::Job job = client->Invoke(PingSpec());
  EXPECT_EQ(job.accepted.targets(), 1u);
  EXPECT_THAT(job.accepted.away().identities(), ElementsAre("b"));
  EXPECT_EQ(job.accepted.away().returning(), 1u);
  EXPECT_EQ(client->HubStatus().nodes_returning(), 1u);
  auto b = Attach("b");
  EXPECT_FALSE(client->Invoke(PingSpec()).accepted.has_away());
  EXPECT_EQ(client->HubStatus().nodes_returning(), 0u);
}

TEST_F(FleetClusterTest, WhoIsForgottenStaysForgotten) {
  StartHub();
  auto client = Connect();
  auto here = Attach("here.example.net");
  {
    auto gone = Attach("gone.example.net");
    gone->Cut();
    AwaitState(client.get(), "gone.example.net", v1::DISCONNECTED);
  }
  v1::ForgetNodesRequest request;
  v1::ForgetNodesResponse response;
  const auto forget = [&] {
    const auto context = client->Context();
    response.Clear();
    return client->stub().ForgetNodes(context.get(), request, &response);
  };
  EXPECT_EQ(forget().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "nobody is named";
  for (const char* name : {"here.example.net", "gone.example.net", "gone"}) request.add_identities(name);
  ASSERT_TRUE(forget().ok());
  EXPECT_THAT(response.forgotten(), ElementsAre("gone.example.net"));
  EXPECT_THAT(response.connected(), ElementsAre("here.example.net"));
  EXPECT_THAT(response.unknown(), ElementsAre("gone"));
  here.reset();
  Restart();
  client = Connect();
  EXPECT_THAT(Names(List(client.get())), ElementsAre("here.example.net"));
}

TEST_F(FleetClusterTest, NodesAreListedPageByPage) {
  StartHub();
  auto client = Connect();
  std::vector<std::unique_ptr<FakeAgent>> agents;
  for (const char* name : {"n3", "n1", "n2"}) agents.push_back(Attach(name));
  v1::ListNodesRequest request;
  request.set_page_size(2);
  v1::ListNodesResponse page = List(client.get(), request);
  EXPECT_THAT(Names(page), ElementsAre("n1", "n2"));
  EXPECT_EQ(page.nodes(0).facts_json(), "");
  request.set_page_token(page.next_page_token());
  page = List(client.get(), request);
  EXPECT_THAT(Names(page), ElementsAre("n3"));
  EXPECT_EQ(page.next_page_token(), "");
  request.Clear();
  request.set_only_disconnected(true);
  EXPECT_THAT(Names(List(client.get(), request)), IsEmpty());
}

TEST_F(FleetClusterTest, TwoAgentsWithOneIdentityAreToldToWait) {
  StartHub();
  auto client = Connect();
  std::vector<std::unique_ptr<FakeAgent>> agents;
  for (int i = 0; i < 4; ++i) {
    FakeAgent::Options options = AgentOptions("twin");
    options.instance = i % 2 == 0 ? "one" : "other";
    agents.push_back(Attach(options));
  }
  agents[2]->WaitEnded();
  EXPECT_THAT(agents[2]->goodbye(), HasSubstr("two agents use the identity twin"));
  const v1::GetHubStatusResponse status = client->HubStatus();
  ASSERT_EQ(status.identity_conflicts_size(), 1);
  EXPECT_EQ(status.identity_conflicts(0).identity(), "twin");
  v1::GetNodeRequest request;
  request.set_identity("twin");
  v1::GetNodeResponse response;
  const auto context = client->Context();
  ASSERT_TRUE(client->stub().GetNode(context.get(), request, &response).ok());
  EXPECT_THAT(response.node().problems(0), HasSubstr("two agents use the identity twin"));
}

}  // namespace
}  // namespace orch
