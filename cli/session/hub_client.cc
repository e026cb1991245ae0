#include "cli/session/hub_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/call_signer.h"
#include "auth/connection_error.h"
#include "auth/keyring.h"
#include "auth/tls.h"
#include "base/status_macros.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/interrupt.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"

namespace orch::cli {
namespace {

// Replies are at most 4 MiB each, but a hub may have 65,536 unknown names to tell in one message.
constexpr int kMaxAnswerBytes = 64 << 20;

auth::ChannelTlsOptions ToChannelTls(const TlsSettings& tls) {
  return {tls.plaintext, tls.ca_file, tls.server_name, tls.certificate_file, tls.key_file};
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientConfig& config) {
  ORCH_ASSIGN_OR_RETURN(const std::string target, ChannelTarget(config.hub));
  if (config.tls.plaintext) ORCH_RETURN_IF_ERROR(auth::CheckPlaintextAddress(config.hub));
  ORCH_ASSIGN_OR_RETURN(auto credentials, auth::MakeChannelCredentials(ToChannelTls(config.tls)));
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // an http_proxy of the shell is not meant for the hub
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // So that a hub that is gone without a word is noticed while a stream waits.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);  // a command should not wait a second to try again
  args.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return grpc::CreateCustomChannel(target, credentials, args);
}

}  // namespace

class HubClient::Rpc {
 public:
  Rpc(const ClientConfig& config, const Environment& env, auth::Key key, std::shared_ptr<grpc::Channel> channel)
      : address_(config.hub),
        tls_(ToChannelTls(config.tls)),
        env_(env),
        signer_(auth::CallSigner::Create(auth::PeerKind::kClient, config.name, std::move(key), config.tls.plaintext,
                                         !config.tls.ca_file.empty(), env.clock, env.random)),
        stub_(v1::Orchestrator::NewStub(std::move(channel))) {}

  v1::Orchestrator::Stub* stub() { return stub_.get(); }
  void set_call_limit(absl::Duration limit) { call_limit_ = limit; }

  absl::Status Hello(absl::Duration patience, v1::HelloResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(env_.clock->Now() + patience));
    const std::shared_ptr<auth::SignedCall> call = signer_->Sign("/orch.v1.Orchestrator/Hello", true, &context);
    ORCH_RETURN_IF_ERROR(ToStatus(stub_->Hello(&context, v1::HelloRequest(), response)));
    const absl::Status proven = call->CheckProof(response->proof());
    if (proven.ok()) return proven;
    return WithExitCode(absl::UnauthenticatedError(absl::StrCat("hub ", address_, ": ", proven.message())),
                        kExitDenied);
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(const char* method,
                                grpc::Status (v1::Orchestrator::Stub::*call)(grpc::ClientContext*, const Request&,
                                                                             Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(env_.clock->Now() + call_limit_));
    signer_->Sign(method, false, &context);
    Response response;
    ORCH_RETURN_IF_ERROR(ToStatus((stub_.get()->*call)(&context, request, &response)));
    return response;
  }

  template <typename Response, typename Start, typename OnMessage>
  StreamEnd Stream(const char* method, const Start& start, const OnMessage& on_message, bool endless = false) {
    grpc::ClientContext context;
    signer_->Sign(method, false, &context);
    if (env_.interrupt != nullptr) env_.interrupt->CatchSigint();
    StreamGuard guard(env_.clock, env_.interrupt, [&context] { context.TryCancel(); });
    guard.SetDeadline(endless ? absl::InfiniteDuration() : call_limit_);
    const SetDeadline set_deadline = [&guard](absl::Duration from_now) { guard.SetDeadline(from_now); };
    StreamEnd end;
    auto reader = start(&context);
    Response message;
    while (!end.enough && reader->Read(&message)) end.enough = !on_message(message, set_deadline);
    if (end.enough) {
      context.TryCancel();
      while (reader->Read(&message)) {
      }
    }
    const grpc::Status status = reader->Finish();
    end.interrupted = env_.interrupt != nullptr && env_.interrupt->raised();
    if (end.enough || end.interrupted) return end;
    end.status = guard.expired() ? Silent() : ToStatus(status);
    return end;
  }

 private:
  absl::Status Silent() const {
    return WithExitCode(absl::UnavailableError(absl::StrCat("hub ", address_, " stopped answering")), kExitNoHub);
  }

  absl::Status ToStatus(const grpc::Status& status) const {
    if (status.ok()) return absl::OkStatus();
    if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
      return absl::UnimplementedError(
          absl::StrCat("hub ", address_, " does not know this request: it is older than this orchctl"));
    }
    absl::Status explained = auth::ExplainCallError(status, address_, tls_);
    if (!absl::StrContains(explained.message(), address_)) {
      explained = absl::Status(explained.code(), absl::StrCat("hub ", address_, ": ", explained.message()));
    }
    switch (explained.code()) {
      case absl::StatusCode::kUnauthenticated:
      case absl::StatusCode::kPermissionDenied:
        return WithExitCode(explained, kExitDenied);
      case absl::StatusCode::kUnavailable:
      case absl::StatusCode::kDeadlineExceeded:
        return WithExitCode(explained, kExitNoHub);
      default:
        return explained;
    }
  }

  const std::string address_;
  const auth::ChannelTlsOptions tls_;
  const Environment& env_;
  absl::Duration call_limit_ = kCallTimeout;
  const std::unique_ptr<auth::CallSigner> signer_;
  const std::unique_ptr<v1::Orchestrator::Stub> stub_;
};

HubClient::HubClient(std::string address, std::unique_ptr<Rpc> rpc)
    : address_(std::move(address)), rpc_(std::move(rpc)) {}
HubClient::~HubClient() = default;

void HubClient::set_call_limit(absl::Duration limit) { rpc_->set_call_limit(limit); }

absl::StatusOr<std::unique_ptr<HubClient>> HubClient::Connect(const ClientConfig& config, const Environment& env,
                                                              absl::Duration patience) {
  ORCH_ASSIGN_OR_RETURN(auth::Key key, auth::LoadPeerKey(config.credentials, auth::PeerKind::kClient, config.name));
  ORCH_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, OpenChannel(config));
  auto rpc = std::make_unique<Rpc>(config, env, std::move(key), std::move(channel));
  auto client = std::unique_ptr<HubClient>(new HubClient(config.hub, std::move(rpc)));
  ORCH_RETURN_IF_ERROR(client->rpc_->Hello(patience, &client->hello_));
  return client;
}

absl::StatusOr<v1::GetNodeResponse> HubClient::GetNode(const v1::GetNodeRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/GetNode", &v1::Orchestrator::Stub::GetNode, request);
}
absl::StatusOr<v1::ListNodesResponse> HubClient::ListNodes(const v1::ListNodesRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/ListNodes", &v1::Orchestrator::Stub::ListNodes, request);
}
absl::StatusOr<v1::ForgetNodesResponse> HubClient::ForgetNodes(const v1::ForgetNodesRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/ForgetNodes", &v1::Orchestrator::Stub::ForgetNodes, request);
}
absl::StatusOr<v1::FactReportResponse> HubClient::FactReport(const v1::FactReportRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/FactReport", &v1::Orchestrator::Stub::FactReport, request);
}
absl::StatusOr<v1::ListPluginsResponse> HubClient::ListPlugins() {
  return rpc_->Call("/orch.v1.Orchestrator/ListPlugins", &v1::Orchestrator::Stub::ListPlugins,
                    v1::ListPluginsRequest());
}
absl::StatusOr<v1::GetPluginResponse> HubClient::GetPlugin(const v1::GetPluginRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/GetPlugin", &v1::Orchestrator::Stub::GetPlugin, request);
}
absl::StatusOr<v1::GetHubStatusResponse> HubClient::GetHubStatus() {
  return rpc_->Call("/orch.v1.Orchestrator/GetHubStatus", &v1::Orchestrator::Stub::GetHubStatus,
                    v1::GetHubStatusRequest());
}

absl::StatusOr<v1::GetJobResponse> HubClient::GetJob(const v1::GetJobRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/GetJob", &v1::Orchestrator::Stub::GetJob, request);
}
absl::StatusOr<v1::ListJobsResponse> HubClient::ListJobs(const v1::ListJobsRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/ListJobs", &v1::Orchestrator::Stub::ListJobs, request);
}
absl::StatusOr<v1::ListRepliesResponse> HubClient::ListReplies(const v1::ListRepliesRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/ListReplies", &v1::Orchestrator::Stub::ListReplies, request);
}
absl::StatusOr<v1::ControlJobResponse> HubClient::ControlJob(const v1::ControlJobRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/ControlJob", &v1::Orchestrator::Stub::ControlJob, request);
}
absl::StatusOr<v1::PruneJobsResponse> HubClient::PruneJobs(const v1::PruneJobsRequest& request) {
  return rpc_->Call("/orch.v1.Orchestrator/PruneJobs", &v1::Orchestrator::Stub::PruneJobs, request);
}
absl::StatusOr<v1::ListLocksResponse> HubClient::ListLocks() {
  return rpc_->Call("/orch.v1.Orchestrator/ListLocks", &v1::Orchestrator::Stub::ListLocks, v1::ListLocksRequest());
}

StreamEnd HubClient::Invoke(const v1::InvokeRequest& request,
                            const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message) {
  return rpc_->Stream<v1::InvokeResponse>(
      "/orch.v1.Orchestrator/Invoke",
      [&](grpc::ClientContext* context) { return rpc_->stub()->Invoke(context, request); }, on_message);
}

StreamEnd HubClient::WatchJob(const v1::WatchJobRequest& request,
                              const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message) {
  return rpc_->Stream<v1::InvokeResponse>(
      "/orch.v1.Orchestrator/WatchJob",
      [&](grpc::ClientContext* context) { return rpc_->stub()->WatchJob(context, request); }, on_message);
}

StreamEnd HubClient::WatchEvents(const v1::WatchEventsRequest& request,
                                 const std::function<bool(const v1::WatchEventsResponse&)>& on_message) {
  return rpc_->Stream<v1::WatchEventsResponse>(
      "/orch.v1.Orchestrator/WatchEvents",
      [&](grpc::ClientContext* context) { return rpc_->stub()->WatchEvents(context, request); },
      [&](const v1::WatchEventsResponse& response, const SetDeadline&) { return on_message(response); },
      /*endless=*/true);
}

StreamEnd HubClient::FindNodes(const v1::FindNodesRequest& request,
                               const std::function<bool(const v1::FindNodesResponse&)>& on_message) {
  return rpc_->Stream<v1::FindNodesResponse>(
      "/orch.v1.Orchestrator/FindNodes",
      [&](grpc::ClientContext* context) { return rpc_->stub()->FindNodes(context, request); },
      [&](const v1::FindNodesResponse& response, const SetDeadline&) { return on_message(response); });
}

}  // namespace orch::cli
