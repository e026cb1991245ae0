#include "tests/cluster/cluster.h"

#include <filesystem>

#include "auth/tls.h"
#include "tests/hub/sample_ddl.h"

namespace orch {

TestClient::TestClient(const std::string& hub, const std::string& name, auth::Key key, bool plaintext,
                       const Clock* clock, Random* random) {
  signer_ = auth::CallSigner::Create(auth::PeerKind::kClient, name, std::move(key), plaintext, false, clock, random);
  auth::ChannelTlsOptions tls;
  tls.plaintext = plaintext;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  stub_ =
      v1::Orchestrator::NewStub(grpc::CreateCustomChannel(hub, auth::MakeChannelCredentials(tls).value(), arguments));
}

grpc::Status TestClient::Hello(v1::HelloResponse* response) {
  v1::HelloResponse own;
  if (response == nullptr) response = &own;
  grpc::ClientContext context;
  const auto call = signer_->Sign("/orch.v1.Orchestrator/Hello", true, &context);
  const grpc::Status status = stub_->Hello(&context, {}, response);
  if (!status.ok()) return status;
  const absl::Status proof = call->CheckProof(response->proof());
  return proof.ok() ? grpc::Status::OK : grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(proof.message()));
}

std::unique_ptr<grpc::ClientContext> TestClient::Context(const std::string& method) {
  auto context = std::make_unique<grpc::ClientContext>();
  signer_->Sign("/orch.v1.Orchestrator/" + method, false, context.get());
  return context;
}

TestClient::Job TestClient::Invoke(const v1::JobSpec& spec) {
  Job job;
  v1::InvokeRequest request;
  *request.mutable_spec() = spec;
  const auto context = Context("Invoke");
  const auto reader = stub_->Invoke(context.get(), request);
  v1::InvokeResponse response;
  while (reader->Read(&response)) {
    ++job.messages;
    if (response.has_accepted()) job.accepted = response.accepted();
    if (response.has_summary()) job.summary = response.summary();
    job.no_longer_targets += response.no_longer_targets();
    for (v1::Reply& reply : *response.mutable_replies()) job.replies.push_back(std::move(reply));
  }
  job.status = reader->Finish();
  return job;
}

v1::GetHubStatusResponse TestClient::HubStatus() {
  v1::GetHubStatusResponse response;
  const grpc::Status status = stub_->GetHubStatus(Context("GetHubStatus").get(), {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

v1::JobSpec PingSpec() {
  v1::JobSpec spec;
  spec.set_plugin("rpcutil");
  spec.set_action("ping");
  return spec;
}

ClusterTest::ClusterTest() {
  std::string path = ::testing::TempDir() + "/hub-cluster-XXXXXX";
  directory_ = mkdtemp(path.data());
  config_.listen = {"127.0.0.1:0"};
  config_.identity = "hub.test";
  config_.credentials = directory_ + "/credentials";
  config_.certificate = directory_ + "/hub.crt";
  config_.key = directory_ + "/hub.key";
  config_.shutdown_grace = absl::Milliseconds(200);
  config_.store = directory_ + "/jobs.db";
  EXPECT_TRUE(auth::WriteNewCredentials(config_.credentials, "k1", &random_).ok());
}

ClusterTest::~ClusterTest() {
  hub_.reset();
  std::filesystem::remove_all(directory_);
}

void ClusterTest::StartHub(bool plaintext) {
  config_.plaintext = plaintext;
  auto hub = hub::Hub::Start(config_, &clock_, &random_, &loop_);
  ASSERT_TRUE(hub.ok()) << hub.status();
  hub_ = *std::move(hub);
}

auth::Key ClusterTest::KeyOf(auth::PeerKind kind, const std::string& name) const {
  return auth::LoadPeerKey(config_.credentials, kind, name).value();
}

FakeAgent::Options ClusterTest::AgentOptions(const std::string& identity) const {
  FakeAgent::Options options;
  options.hub = address();
  options.identity = identity;
  options.key = KeyOf(auth::PeerKind::kNode, identity);
  options.plaintext = config_.plaintext;
  options.facts_json = "{\"os\":\"Debian\",\"name\":\"" + identity + "\"}";
  options.ddls = {hub::SampleDdl("rpcutil", "1.0")};
  return options;
}

std::unique_ptr<FakeAgent> ClusterTest::Attach(FakeAgent::Options options) {
  auto agent = std::make_unique<FakeAgent>(std::move(options), &clock_, &random_);
  EXPECT_TRUE(agent->WaitRegistered());
  return agent;
}

std::unique_ptr<TestClient> ClusterTest::Connect(const std::string& name) {
  auto client = std::make_unique<TestClient>(address(), name, KeyOf(auth::PeerKind::kClient, name), config_.plaintext,
                                             &clock_, &random_);
  const grpc::Status status = client->Hello();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return client;
}

}  // namespace orch
