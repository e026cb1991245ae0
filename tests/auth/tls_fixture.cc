#include "tests/auth/tls_fixture.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

constexpr size_t kMaxNonces = 10'000;

gpr_timespec SoonEnough() { return gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)); }

std::string MakeCertificate(const TempFolder& folder, const std::string& name) {
  const std::string file = folder.Path(name + ".pem");
  if (!std::filesystem::exists(file)) {
    const absl::Status made = WriteSelfSignedCertificate(file, folder.Path(name + ".key"), name,
                                                         {"localhost", "127.0.0.1"}, absl::Now(), absl::Hours(48));
    EXPECT_TRUE(made.ok()) << made;
  }
  return file;
}

void CopyCredential(const grpc::ServerContext& from, grpc::ClientContext* to) {
  to->set_deadline(SoonEnough());
  for (const auto& [name, value] : from.client_metadata()) {
    if (name == kCredentialHeader) {
      to->AddMetadata(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
  }
}

}  // namespace

TempFolder::TempFolder() {
  path_ = absl::StrCat(testing::TempDir(), "/orch-auth-XXXXXX");
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}
TempFolder::~TempFolder() { std::filesystem::remove_all(path_); }
std::string TempFolder::Path(absl::string_view name) const { return absl::StrCat(path_, "/", name); }
std::string TempFolder::Write(absl::string_view name, absl::string_view text, int mode) const {
  const std::string path = Path(name);
  std::ofstream(path) << text;
  chmod(path.c_str(), static_cast<mode_t>(mode));
  return path;
}

std::string HexKey(char letter) { return std::string(2 * kKeyBytes, letter); }

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

TestHub::TestHub(const TempFolder& folder, const std::string& credentials, const Clock* clock, Options options)
    : replay_guard_(clock, absl::Minutes(3), kMaxNonces) {
  keyring_ = *Keyring::Load(folder.Write("hub-credentials", credentials));
  std::shared_ptr<grpc::ServerCredentials> transport = grpc::InsecureServerCredentials();
  CallVerifier::Options verifier;
  verifier.mtls = options.mtls;
  if (!options.plaintext) {
    certificate_file_ = MakeCertificate(folder, options.certificate_name);
    absl::StatusOr<ServerTls> tls = LoadServerTls(
        {certificate_file_, folder.Path(options.certificate_name + ".key"), options.mtls, options.client_ca_file},
        absl::Now());
    EXPECT_TRUE(tls.ok()) << tls.status();
    verifier.binding = tls->binding;
    transport = tls->credentials;
  }
  verifier_ = std::make_unique<CallVerifier>(keyring_.get(), &replay_guard_, clock, &counters_, verifier);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", options.port), transport, &port_);
  builder.RegisterService(static_cast<v1::Orchestrator::Service*>(this));
  builder.RegisterService(static_cast<v1::NodeService::Service*>(this));
  server_ = builder.BuildAndStart();
}

TestHub::~TestHub() { server_->Shutdown(std::chrono::system_clock::now()); }

grpc::Status TestHub::Hello(grpc::ServerContext* context, const v1::HelloRequest*, v1::HelloResponse* response) {
  absl::StatusOr<Caller> caller = VerifyCall(*verifier_, PeerKind::kClient, kHelloMethod, *context);
  if (!caller.ok()) return ToGrpc(caller.status());
  response->set_proof(caller->proof);
  response->set_caller(caller->id);
  MutexLock lock(&mu_);
  last_caller_id_ = caller->id;
  return grpc::Status::OK;
}

grpc::Status TestHub::GetHubStatus(grpc::ServerContext* context, const v1::GetHubStatusRequest*,
                                   v1::GetHubStatusResponse*) {
  absl::StatusOr<Caller> caller = VerifyCall(*verifier_, PeerKind::kClient, kStatusMethod, *context);
  if (!caller.ok()) return ToGrpc(caller.status());
  ++requests_seen_;
  return grpc::Status::OK;
}

grpc::Status TestHub::Attach(grpc::ServerContext* context,
                             grpc::ServerReaderWriter<v1::HubMessage, v1::NodeMessage>* stream) {
  absl::StatusOr<Caller> caller = VerifyCall(*verifier_, PeerKind::kNode, kAttachMethod, *context);
  if (!caller.ok()) return ToGrpc(caller.status());
  v1::HubMessage welcome;
  welcome.mutable_welcome()->set_proof(caller->proof);
  stream->Write(welcome);
  v1::NodeMessage message;
  while (stream->Read(&message)) ++node_messages_seen_;
  return grpc::Status::OK;
}

std::string TestHub::address() const { return absl::StrCat("127.0.0.1:", port_); }

uint64_t TestHub::all_refused() const {
  uint64_t sum = 0;
  for (const auto& [name, count] : counters_.All()) sum += count;
  return sum;
}

std::string TestHub::last_caller_id() const {
  MutexLock lock(&mu_);
  return last_caller_id_;
}

InterceptingProxy::InterceptingProxy(const TempFolder& folder, const std::string& hub_address) {
  hub_ = v1::Orchestrator::NewStub(grpc::CreateChannel(hub_address, *MakeChannelCredentials({})));
  const std::string certificate = MakeCertificate(folder, "proxy");
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0",
                           LoadServerTls({certificate, folder.Path("proxy.key")}, absl::Now())->credentials, &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

InterceptingProxy::~InterceptingProxy() { server_->Shutdown(std::chrono::system_clock::now()); }

grpc::Status InterceptingProxy::Hello(grpc::ServerContext* context, const v1::HelloRequest* request,
                                      v1::HelloResponse* response) {
  grpc::ClientContext onward;
  CopyCredential(*context, &onward);
  return hub_->Hello(&onward, *request, response);
}

grpc::Status InterceptingProxy::GetHubStatus(grpc::ServerContext* context, const v1::GetHubStatusRequest* request,
                                             v1::GetHubStatusResponse* response) {
  ++requests_seen_;
  grpc::ClientContext onward;
  CopyCredential(*context, &onward);
  return hub_->GetHubStatus(&onward, *request, response);
}

std::string InterceptingProxy::address() const { return absl::StrCat("127.0.0.1:", port_); }

TestPeer::TestPeer(const std::string& address, PeerKind kind, const std::string& name, Key key, const Clock* clock,
                   ChannelTlsOptions tls)
    : name_(name) {
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = MakeChannelCredentials(tls);
  EXPECT_TRUE(credentials.ok()) << credentials.status();
  // A pool of its own: peers of one test must not share a connection.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ = grpc::CreateCustomChannel(address, *credentials, arguments);
  signer_ = CallSigner::Create(kind, name, std::move(key), tls.plaintext, !tls.ca_file.empty(), clock, &random_);
}

absl::Status TestPeer::Hello() {
  grpc::ClientContext context;
  context.set_deadline(SoonEnough());
  const std::shared_ptr<SignedCall> call = signer_->Sign(kHelloMethod, true, &context);
  v1::HelloResponse response;
  const grpc::Status status = v1::Orchestrator::NewStub(channel_)->Hello(&context, v1::HelloRequest(), &response);
  if (!status.ok()) return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  return call->CheckProof(response.proof());
}

grpc::Status TestPeer::GetHubStatus(bool wait) {
  grpc::ClientContext context;
  context.set_wait_for_ready(wait);
  context.set_deadline(SoonEnough());
  signer_->Sign(kStatusMethod, false, &context);
  v1::GetHubStatusResponse response;
  return v1::Orchestrator::NewStub(channel_)->GetHubStatus(&context, v1::GetHubStatusRequest(), &response);
}

absl::Status TestPeer::Attach() {
  grpc::ClientContext context;
  context.set_deadline(SoonEnough());
  const std::shared_ptr<SignedCall> call = signer_->Sign(kAttachMethod, true, &context);
  auto stub = v1::NodeService::NewStub(channel_);
  auto stream = stub->Attach(&context);
  v1::HubMessage welcome;
  absl::Status proof;
  if (stream->Read(&welcome)) {
    proof = call->CheckProof(welcome.welcome().proof());
    if (proof.ok()) {
      v1::NodeMessage message;
      message.mutable_register_()->mutable_node()->set_identity(name_);
      stream->Write(message);
    }
  }
  stream->WritesDone();
  while (stream->Read(&welcome)) {
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  return proof;
}

grpc::Status CallWithHeader(const std::string& address, const std::string& method, const std::string& header) {
  auto stub = v1::Orchestrator::NewStub(grpc::CreateChannel(address, *MakeChannelCredentials({})));
  grpc::ClientContext context;
  context.set_deadline(SoonEnough());
  if (!header.empty()) context.AddMetadata(kCredentialHeader, header);
  v1::HelloResponse hello;
  v1::GetHubStatusResponse status;
  return method == kHelloMethod ? stub->Hello(&context, v1::HelloRequest(), &hello)
                                : stub->GetHubStatus(&context, v1::GetHubStatusRequest(), &status);
}

}  // namespace orch::auth
