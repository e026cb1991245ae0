#include "cli/hub_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/keyring.h"
#include "auth/tls.h"
#include "base/status_macros.h"
#include "cli/exit_codes.h"
#include "cli/interrupt.h"

namespace orch::cli {
namespace {

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientConfig& config) {
  ORCH_ASSIGN_OR_RETURN(const std::string target, ChannelTarget(config.hub));
  if (config.tls.plaintext) ORCH_RETURN_IF_ERROR(auth::CheckPlaintextAddress(config.hub));
  ORCH_ASSIGN_OR_RETURN(auto credentials, auth::MakeChannelCredentials(config.tls));
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // an http_proxy of the shell is not meant for the hub
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, credentials, args);
}

bool IsDenial(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAUTHENTICATED || code == grpc::StatusCode::PERMISSION_DENIED;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HubClient>> HubClient::Connect(const ClientConfig& config, const Environment& env) {
  ORCH_ASSIGN_OR_RETURN(auth::Key key,
                        auth::LoadPeerKey(config.credentials, auth::PeerKind::kClient, config.name));
  ORCH_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, OpenChannel(config));
  auto client = std::unique_ptr<HubClient>(new HubClient(config.hub, env));
  client->signer_ = auth::CallSigner::Create(auth::PeerKind::kClient, config.name, std::move(key), config.tls.plaintext,
                                             !config.tls.ca_file.empty(), env.clock, env.random);
  client->stub_ = v1::Orchestrator::NewStub(channel);
  ORCH_RETURN_IF_ERROR(client->Hello());
  return client;
}

absl::Status HubClient::Hello() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kConnectTimeout));
  const std::shared_ptr<auth::SignedCall> call = signer_->Sign("/orch.v1.Orchestrator/Hello", true, &context);
  ORCH_RETURN_IF_ERROR(ToStatus(stub_->Hello(&context, v1::HelloRequest(), &hello_), true));
  const absl::Status proven = call->CheckProof(hello_.proof());
  if (proven.ok()) return proven;
  return WithExitCode(absl::UnauthenticatedError(absl::StrCat("hub ", address_, ": ", proven.message())), kExitDenied);
}

void HubClient::Prepare(const char* method, bool first, absl::Duration timeout, grpc::ClientContext* context) {
  if (timeout != absl::InfiniteDuration()) {
    context->set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  }
  signer_->Sign(method, first, context);
}

absl::Status HubClient::ToStatus(const grpc::Status& status, bool connecting) const {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (IsDenial(status.error_code())) {
    return WithExitCode(absl::Status(code, absl::StrCat("hub ", address_, " refused: ", status.error_message())),
                        kExitDenied);
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    const std::string what = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED
                                 ? absl::StrCat("no answer within ", absl::FormatDuration(connecting ? kConnectTimeout : kCallTimeout))
                                 : status.error_message();
    const char* failed = connecting ? "cannot reach the hub at " : "lost the hub at ";
    return WithExitCode(absl::Status(code, absl::StrCat(failed, address_, ": ", what,
                                                        "; check that orch-hub runs there and that address, port and "
                                                        "tls.mode of the configuration are its own")),
                        kExitNoHub);
  }
  return absl::Status(code, absl::StrCat("hub ", address_, ": ", status.error_message()));
}

template <typename Request, typename Response>
absl::StatusOr<Response> HubClient::Call(
    const char* method, grpc::Status (v1::Orchestrator::Stub::*call)(grpc::ClientContext*, const Request&, Response*),
    const Request& request) {
  grpc::ClientContext context;
  Prepare(method, false, kCallTimeout, &context);
  Response response;
  ORCH_RETURN_IF_ERROR(ToStatus((stub_.get()->*call)(&context, request, &response), false));
  return response;
}

absl::StatusOr<v1::GetNodeResponse> HubClient::GetNode(const v1::GetNodeRequest& request) {
  return Call("/orch.v1.Orchestrator/GetNode", &v1::Orchestrator::Stub::GetNode, request);
}
absl::StatusOr<v1::FactReportResponse> HubClient::FactReport(const v1::FactReportRequest& request) {
  return Call("/orch.v1.Orchestrator/FactReport", &v1::Orchestrator::Stub::FactReport, request);
}
absl::StatusOr<v1::ListPluginsResponse> HubClient::ListPlugins() {
  return Call("/orch.v1.Orchestrator/ListPlugins", &v1::Orchestrator::Stub::ListPlugins, v1::ListPluginsRequest());
}
absl::StatusOr<v1::GetPluginResponse> HubClient::GetPlugin(const v1::GetPluginRequest& request) {
  return Call("/orch.v1.Orchestrator/GetPlugin", &v1::Orchestrator::Stub::GetPlugin, request);
}
absl::StatusOr<v1::GetHubStatusResponse> HubClient::GetHubStatus() {
  return Call("/orch.v1.Orchestrator/GetHubStatus", &v1::Orchestrator::Stub::GetHubStatus, v1::GetHubStatusRequest());
}

template <typename Response, typename Start, typename OnMessage>
StreamEnd HubClient::Stream(const char* method, const Start& start, const OnMessage& on_message) {
  grpc::ClientContext context;
  Prepare(method, false, absl::InfiniteDuration(), &context);
  StreamEnd end;
  if (env_.interrupt != nullptr) env_.interrupt->CatchSigint();
  StreamGuard guard(env_.clock, env_.interrupt, [&context] { context.TryCancel(); });
  guard.SetDeadline(kCallTimeout);
  const SetDeadline set_deadline = [&guard](absl::Duration from_now) { guard.SetDeadline(from_now); };
  auto reader = start(&context);
  Response message;
  while (!end.enough && reader->Read(&message)) {
    end.enough = !on_message(message, set_deadline);
    if (end.enough) context.TryCancel();
  }
  while (end.enough && reader->Read(&message)) {
  }
  const grpc::Status status = reader->Finish();
  end.interrupted = env_.interrupt != nullptr && env_.interrupt->raised();
  if (end.enough || end.interrupted) return end;
  if (guard.expired()) {
    end.status = WithExitCode(absl::UnavailableError(absl::StrCat("the hub at ", address_, " stopped answering")), kExitNoHub);
  } else {
    end.status = ToStatus(status, false);
  }
  return end;
}

StreamEnd HubClient::Invoke(const v1::InvokeRequest& request,
                            const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message) {
  return Stream<v1::InvokeResponse>(
      "/orch.v1.Orchestrator/Invoke",
      [&](grpc::ClientContext* context) { return stub_->Invoke(context, request); }, on_message);
}

StreamEnd HubClient::FindNodes(const v1::FindNodesRequest& request,
                               const std::function<bool(const v1::FindNodesResponse&)>& on_message) {
  return Stream<v1::FindNodesResponse>(
      "/orch.v1.Orchestrator/FindNodes",
      [&](grpc::ClientContext* context) { return stub_->FindNodes(context, request); },
      [&](const v1::FindNodesResponse& response, const SetDeadline&) { return on_message(response); });
}

}  // namespace orch::cli
