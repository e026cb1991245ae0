#include "tests/cluster/cluster.h"

#include <filesystem>

#include "base/durable_file.h"
#include "base/net/address.h"
#include "tests/hub/sample_ddl.h"

namespace orch {

TestClient::TestClient(Connection connection)
    : connection_(std::move(connection)),
      stub_(v1::Orchestrator::NewStub(connection_.channel)),
      access_(v1::Access::NewStub(connection_.channel)) {}

std::unique_ptr<grpc::ClientContext> TestClient::Context() {
  auto context = std::make_unique<grpc::ClientContext>();
  connection_.Prepare(context.get());
  return context;
}

TestClient::Job TestClient::Invoke(const v1::JobSpec& spec) {
  Job job;
  v1::InvokeRequest request;
  *request.mutable_spec() = spec;
  const auto context = Context();
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
  const grpc::Status status = stub_->GetHubStatus(Context().get(), {}, &response);
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
  config_.listen = {ParseListenAddress("127.0.0.1:0").value()};
  config_.identity = "hub.test";
  config_.credentials = directory_ + "/credentials";
  config_.shutdown_grace = absl::Milliseconds(200);
  config_.store = directory_ + "/jobs.db";
  config_.access_file = directory_ + "/access.yaml";
  EXPECT_TRUE(WriteFileDurably(config_.access_file, "rules:\n  - {callers: \"*\", role: admin}\n", 0644).ok());
  EXPECT_TRUE(auth::WriteNewCredentials(config_.credentials, &random_).ok());
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
  return auth::LoadPeerKey(config_.credentials, kind, name)->key;
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
  auth::PeerTlsOptions tls;
  tls.plaintext = config_.plaintext;
  auto connection = ConnectTo(
      address(), tls, {auth::PeerKind::kClient, name, auth::PeerKey{KeyOf(auth::PeerKind::kClient, name), false}},
      &clock_, &random_);
  EXPECT_TRUE(connection.ok()) << connection.status();
  return std::make_unique<TestClient>(*std::move(connection));
}

absl::Status ClusterTest::TryConnect(auth::PeerKind kind, const std::string& name, auth::Key key,
                                     const auth::PeerTlsOptions& options) {
  auth::PeerTlsOptions tls = options;
  tls.plaintext = config_.plaintext;
  return ConnectTo(address(), tls, {kind, name, auth::PeerKey{std::move(key), false}}, &clock_, &random_).status();
}

}  // namespace orch
