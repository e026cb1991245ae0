// Labels over real gRPC: an operator sets them, the hub, its filters and the node know them at once, and a restarted
// hub knows them still.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class LabelClusterTest : public ClusterTest {
 protected:
  v1::LabelNodesResponse Label(TestClient* client, const std::vector<std::string>& identities,
                               const std::map<std::string, std::string>& set,
                               const std::vector<std::string>& remove = {}) {
    v1::LabelNodesRequest request;
    for (const std::string& identity : identities) request.add_identities(identity);
    for (const auto& [name, value] : set) (*request.mutable_set())[name] = value;
    for (const std::string& name : remove) request.add_remove(name);
    v1::LabelNodesResponse response;
    const grpc::Status status = client->access().LabelNodes(client->Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static std::vector<std::string> Find(TestClient* client, const std::string& filter, bool away_too = false) {
    v1::FindNodesRequest request;
    request.set_include_disconnected(away_too);
    v1::FilterOption* const option = request.mutable_target()->mutable_filter()->add_options();
    option->set_kind(v1::FilterOption::COMBINED);
    option->set_text(filter);
    const auto context = client->Context();
    const auto reader = client->stub().FindNodes(context.get(), request);
    std::vector<std::string> names;
    v1::FindNodesResponse part;
    while (reader->Read(&part)) names.insert(names.end(), part.identities().begin(), part.identities().end());
    EXPECT_TRUE(reader->Finish().ok());
    return names;
  }
  static v1::Node Get(TestClient* client, const std::string& identity) {
    v1::GetNodeRequest request;
    request.set_identity(identity);
    v1::GetNodeResponse response;
    EXPECT_TRUE(client->stub().GetNode(client->Context().get(), request, &response).ok());
    return response.node();
  }
};

TEST_F(LabelClusterTest, AStandingComesBeforeTheFirstCommandAndAtEachChange) {
  StartHub();
  auto client = Connect();
  Label(client.get(), {"web1"}, {{"role", "web"}});
  auto agent = Attach("web1");
  ASSERT_TRUE(agent->WaitStandings(1));
  EXPECT_THAT(agent->standings()[0].labels(), ElementsAre(Pair("role", "web")));
  EXPECT_THAT(agent->commands(), IsEmpty());
  const v1::LabelNodesResponse changed = Label(client.get(), {"web1"}, {{"env", "prod"}}, {"role"});
  EXPECT_THAT(changed.changed(), ElementsAre("web1"));
  ASSERT_TRUE(agent->WaitStandings(2));
  EXPECT_THAT(agent->standings()[1].labels(), ElementsAre(Pair("env", "prod")));
  EXPECT_THAT(Label(client.get(), {"web1"}, {{"env", "prod"}}).changed(), IsEmpty());
}

TEST_F(LabelClusterTest, AJobGoesToTheLabelledNodesAndNotToThoseThatClaimTheLabel) {
  StartHub();
  auto client = Connect();
  FakeAgent::Options liar = AgentOptions("liar");
  liar.facts_json = R"({"trusted":{"role":"db"},"trusted.role":"db"})";
  auto a = Attach("db1"), b = Attach(std::move(liar));
  EXPECT_THAT(Find(client.get(), "trusted.role=db"), IsEmpty());
  Label(client.get(), {"db1"}, {{"role", "db"}});
  v1::JobSpec spec = PingSpec();
  v1::FilterOption* const option = spec.mutable_target()->mutable_filter()->add_options();
  option->set_kind(v1::FilterOption::FACT);
  option->set_text("trusted.role=db");
  const TestClient::Job job = client->Invoke(spec);
  ASSERT_TRUE(job.status.ok()) << job.status.error_message();
  ASSERT_EQ(job.replies.size(), 1u);
  EXPECT_EQ(job.replies[0].identity(), "db1");
  EXPECT_THAT(b->commands(), IsEmpty());
  EXPECT_EQ(Get(client.get(), "db1").labels().at("role"), "db");
  EXPECT_THAT(Get(client.get(), "db1").facts_json(), HasSubstr(R"("trusted":{"role":"db"})"));
  EXPECT_TRUE(Get(client.get(), "liar").labels().empty());
}

TEST_F(LabelClusterTest, LabelsOutliveTheHubAlsoOfNodesThatAreAway) {
  StartHub();
  {
    auto client = Connect();
    auto away = Attach("away"), here = Attach("here");
    const v1::LabelNodesResponse response = Label(client.get(), {"away", "here", "never-seen"}, {{"role", "web"}});
    EXPECT_THAT(response.changed(), UnorderedElementsAre("away", "here", "never-seen"));
    EXPECT_THAT(response.unknown(), ElementsAre("never-seen"));
  }
  StopHub();
  StartHub();
  auto client = Connect();
  EXPECT_THAT(Find(client.get(), "trusted.role=web", /*away_too=*/true), UnorderedElementsAre("away", "here"));
  auto here = Attach("here"), late = Attach("never-seen");
  EXPECT_THAT(Find(client.get(), "trusted.role=web"), UnorderedElementsAre("here", "never-seen"));
  Label(client.get(), {"away"}, {}, {"role"});
  StopHub();
  StartHub();
  client = Connect();
  EXPECT_THAT(Find(client.get(), "trusted.role=web", /*away_too=*/true), UnorderedElementsAre("here", "never-seen"));
}

TEST_F(LabelClusterTest, AForgottenNodeLosesItsLabels) {
  StartHub();
  auto client = Connect();
  { auto agent = Attach("old"); }
  Label(client.get(), {"old"}, {{"role", "db"}});
  v1::ForgetNodesRequest request;
  request.add_identities("old");
  v1::ForgetNodesResponse response;
  do {  // until the hub has noticed that it is gone
    ASSERT_TRUE(client->stub().ForgetNodes(client->Context().get(), request, &response).ok());
  } while (response.forgotten_size() == 0);
  auto agent = Attach("old");
  EXPECT_THAT(Find(client.get(), "trusted.role=db"), IsEmpty());
}

TEST_F(LabelClusterTest, WrongInputIsRefusedByNameAndChangesNothing) {
  StartHub();
  auto client = Connect();
  const auto refused = [&](const std::string& identity, const std::string& name, const std::string& value) {
    v1::LabelNodesRequest request;
    request.add_identities("good");
    request.add_identities(identity);
    (*request.mutable_set())[name] = value;
    v1::LabelNodesResponse response;
    const grpc::Status status = client->access().LabelNodes(client->Context().get(), request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  EXPECT_THAT(refused("good", "Role", "x"), HasSubstr("'Role' is no name of a label"));
  EXPECT_THAT(refused("good", "role", "a\nb"), HasSubstr("printable"));
  EXPECT_THAT(refused("../bad", "role", "x"), HasSubstr("no node's identity"));
  auto agent = Attach("good");
  EXPECT_TRUE(Get(client.get(), "good").labels().empty());
}

}  // namespace
}  // namespace orch
