#include "cli/session/hub_client.h"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/clear_prologue.h"
#include "auth/keyring.h"
#include "auth/peer_tls.h"
#include "base/mutex.h"
#include "base/net/frame_guard.h"
#include "base/net/tunnel.h"
#include "base/net/tunnel_security.h"
#include "base/status_macros.h"
#include "cli/session/login.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/stream_guard.h"
#include "orch/v1/access_service.grpc.pb.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"

namespace orch::cli {
namespace {

// Each reply has at most 4 MiB, but one message of a hub may contain 65,536 unknown names.
constexpr int kMaxAnswerBytes = FrameGuard::kMaxAnswerBytes;
// Limits for the nodes that a search returns.
constexpr size_t kMaxFoundBytes = 64u << 20;
constexpr size_t kMaxFound = 1'000'000;

grpc::ChannelArguments ChannelArgs() {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Notices a hub that has vanished without closing the connection while a stream waits.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A few compressed kilobytes could expand to gigabytes.
  args.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  args.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
  args.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "hub");
  args.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return args;
}

// The hub is proved by the key.
auth::PeerTlsOptions WithoutCertificate(const auth::PeerTlsOptions& tls) {
  auth::PeerTlsOptions options;
  options.plaintext = tls.plaintext;
  return options;
}

// Returns the caller's credentials: those of a login, while there is one. A unix socket needs none, because the kernel
// names the user, unless the configuration names them.
absl::StatusOr<auth::PeerCredential> LoadCredential(const ClientConfig& config, const Environment& env,
                                                    auth::PeerTlsOptions* tls) {
  ORCH_ASSIGN_OR_RETURN(std::optional<Login> login, LoadLogin(env, config.hub));
  if (login.has_value()) {
    *tls = WithoutCertificate(*tls);
    return auth::PeerCredential{auth::PeerKind::kOidc, std::move(login->name), {std::move(login->key), false}, false};
  }
  auth::PeerCredential credential{auth::PeerKind::kClient, config.name, {}, false};
  credential.by_user = config.hub.kind == Address::Kind::kUnix && !config.own_credentials;
  if (credential.by_user || config.tls.by_certificate()) return credential;
  absl::StatusOr<auth::PeerKey> key = auth::LoadPeerKey(config.credentials, auth::PeerKind::kClient, config.name);
  if (!key.ok() && !config.own_credentials && !config.login_key.empty()) {
    return WithExitCode(absl::UnauthenticatedError(
                            absl::StrCat("you are not logged in at hub ", config.hub.Text(), "; run 'orchctl login'")),
                        kExitDenied);
  }
  if (!key.ok()) return key.status();
  credential.key = *std::move(key);
  return credential;
}

// The result of a tunnel, for which the calling thread waits.
class Awaited {
 public:
  void Set(absl::StatusOr<Tunnel::Opened> opened) {
    MutexLock lock(&mu_);
    opened_ = std::move(opened);
    set_ = true;
    changed_.SignalAll();
  }
  absl::StatusOr<Tunnel::Opened> Wait() {
    MutexLock lock(&mu_);
    while (!set_) changed_.Wait(&mu_);
    return std::move(opened_);
  }

 private:
  Mutex mu_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mu_) = false;
  absl::StatusOr<Tunnel::Opened> opened_ ABSL_GUARDED_BY(mu_) = absl::UnknownError("");
};

absl::Status WithItsExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return WithExitCode(status, kExitDenied);
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return WithExitCode(status, kExitNoHub);
    default:
      return status;
  }
}

}  // namespace

class HubClient::Rpc {
 public:
  Rpc(const ClientConfig& config, const Environment& env, std::unique_ptr<Tunnel> tunnel, Tunnel::Opened opened)
      : address_(config.hub.Text()),
        env_(env),
        tunnel_(std::move(tunnel)),
        session_(std::move(opened.session)),
        channel_(grpc::CreateCustomInsecureChannelFromFd("hub", opened.channel.Release(), ChannelArgs())),
        stub_(v1::Orchestrator::NewStub(channel_)),
        access_(v1::Access::NewStub(channel_)),
        login_(v1::Login::NewStub(channel_)) {}

  v1::Orchestrator::Stub* stub() { return stub_.get(); }
  v1::Access::Stub* access() { return access_.get(); }
  v1::Login::Stub* login() { return login_.get(); }
  void set_call_limit(absl::Duration limit) { call_limit_ = limit; }

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(env_.clock->Now() + call_limit_));
    AddSession(&context);
    Response response;
    ORCH_RETURN_IF_ERROR(ToStatus((StubFor(call)->*call)(&context, request, &response)));
    return response;
  }

  template <typename Response, typename Start, typename OnMessage>
  StreamEnd Stream(const Start& start, const OnMessage& on_message, bool endless = false) {
    grpc::ClientContext context;
    AddSession(&context);
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
  // The stub of the service that has the method.
  template <typename Request, typename Response>
  v1::Orchestrator::Stub* StubFor(grpc::Status (v1::Orchestrator::Stub::*)(grpc::ClientContext*, const Request&,
                                                                           Response*)) {
    return stub_.get();
  }
  template <typename Request, typename Response>
  v1::Access::Stub* StubFor(grpc::Status (v1::Access::Stub::*)(grpc::ClientContext*, const Request&, Response*)) {
    return access_.get();
  }
  absl::Status Silent() const {
    return WithExitCode(absl::UnavailableError(absl::StrCat("hub ", address_, " stopped answering")), kExitNoHub);
  }

  absl::Status ToStatus(const grpc::Status& status) const {
    if (status.ok()) return absl::OkStatus();
    if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
      return absl::UnimplementedError(
          absl::StrCat("hub ", address_, " does not know this request: it is older than this orchctl"));
    }
    return WithItsExitCode(Explain(status));
  }

  // Errors of the connection get a message for the user; errors from the hub itself are passed on unchanged.
  absl::Status Explain(const grpc::Status& status) const {
    const std::string message = status.error_message();
    if (const absl::Status reason = tunnel_->reason(); !reason.ok() && !absl::IsCancelled(reason)) {
      return absl::Status(reason.code(), absl::StrCat("hub ", address_, ": ", reason.message()));
    }
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE &&
        (absl::StrContains(message, "Socket closed") || absl::StrContains(message, "Connection reset") ||
         absl::StrContains(message, "Broken pipe") || absl::StrContains(message, "GOAWAY"))) {
      return absl::UnavailableError(
          absl::StrCat("hub ", address_, " closed the connection during the call; is it restarting?"));
    }
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      return absl::DeadlineExceededError(
          absl::StrCat("hub ", address_, " did not answer in time; check the network and the hub's load"));
    }
    const std::string text =
        absl::StrContains(message, address_) ? message : absl::StrCat("hub ", address_, ": ", message);
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), text);
  }

  void AddSession(grpc::ClientContext* context) const {
    if (!session_.empty()) context->AddMetadata(auth::kSessionHeader, session_);
  }

  const std::string address_;
  const Environment& env_;
  absl::Duration call_limit_ = kCallTimeout;
  const std::unique_ptr<Tunnel> tunnel_;
  const std::string session_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Orchestrator::Stub> stub_;
  const std::unique_ptr<v1::Access::Stub> access_;
  const std::unique_ptr<v1::Login::Stub> login_;
};

HubClient::HubClient(std::string address, std::unique_ptr<Rpc> rpc)
    : address_(std::move(address)), rpc_(std::move(rpc)) {}
HubClient::~HubClient() = default;

void HubClient::set_call_limit(absl::Duration limit) { rpc_->set_call_limit(limit); }

absl::StatusOr<std::unique_ptr<HubClient>> HubClient::Connect(const ClientConfig& config, const Environment& env,
                                                              absl::Duration patience) {
  auth::PeerTlsOptions tls = config.tls;
  ORCH_ASSIGN_OR_RETURN(auth::PeerCredential credential, LoadCredential(config, env, &tls));
  return ConnectAs(std::move(credential), tls, config, env, patience);
}

absl::StatusOr<std::unique_ptr<HubClient>> HubClient::ConnectForLogin(const ClientConfig& config,
                                                                      const Environment& env,
                                                                      const auth::LoginKey& key) {
  return ConnectAs({auth::PeerKind::kLogin, auth::kLoginName, {auth::Key(key.key_id, key.handshake), false}, false},
                   WithoutCertificate(config.tls), config, env, kConnectTimeout);
}

absl::StatusOr<std::unique_ptr<HubClient>> HubClient::ConnectAs(auth::PeerCredential credential,
                                                                const auth::PeerTlsOptions& tls,
                                                                const ClientConfig& config, const Environment& env,
                                                                absl::Duration patience) {
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<TunnelSecurity> security,
                        auth::MakePeerSecurity(tls, std::move(credential), config.hub, env.random));
  auto awaited = std::make_shared<Awaited>();
  std::unique_ptr<Tunnel> tunnel =
      Tunnel::Start(config.hub, std::move(security), env.clock, patience,
                    [awaited](absl::StatusOr<Tunnel::Opened> opened) { awaited->Set(std::move(opened)); });
  absl::StatusOr<Tunnel::Opened> opened = awaited->Wait();
  if (!opened.ok()) return WithItsExitCode(opened.status());
  auto rpc = std::make_unique<Rpc>(config, env, std::move(tunnel), *std::move(opened));
  return std::unique_ptr<HubClient>(new HubClient(config.hub.Text(), std::move(rpc)));
}

absl::StatusOr<v1::GetNodeResponse> HubClient::GetNode(const v1::GetNodeRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::GetNode, request);
}
absl::StatusOr<v1::ListNodesResponse> HubClient::ListNodes(const v1::ListNodesRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::ListNodes, request);
}
absl::StatusOr<v1::ForgetNodesResponse> HubClient::ForgetNodes(const v1::ForgetNodesRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::ForgetNodes, request);
}
absl::StatusOr<v1::FactReportResponse> HubClient::FactReport(const v1::FactReportRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::FactReport, request);
}
absl::StatusOr<v1::ListPluginsResponse> HubClient::ListPlugins() {
  return rpc_->Call(&v1::Orchestrator::Stub::ListPlugins, v1::ListPluginsRequest());
}
absl::StatusOr<v1::GetPluginResponse> HubClient::GetPlugin(const v1::GetPluginRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::GetPlugin, request);
}
absl::StatusOr<v1::GetHubStatusResponse> HubClient::GetHubStatus() {
  return rpc_->Call(&v1::Orchestrator::Stub::GetHubStatus, v1::GetHubStatusRequest());
}

absl::StatusOr<v1::GetJobResponse> HubClient::GetJob(const v1::GetJobRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::GetJob, request);
}
absl::StatusOr<v1::ListJobsResponse> HubClient::ListJobs(const v1::ListJobsRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::ListJobs, request);
}
absl::StatusOr<v1::ListRepliesResponse> HubClient::ListReplies(const v1::ListRepliesRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::ListReplies, request);
}
absl::StatusOr<v1::ControlJobResponse> HubClient::ControlJob(const v1::ControlJobRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::ControlJob, request);
}
absl::StatusOr<v1::PruneJobsResponse> HubClient::PruneJobs(const v1::PruneJobsRequest& request) {
  return rpc_->Call(&v1::Orchestrator::Stub::PruneJobs, request);
}
absl::StatusOr<v1::ListLocksResponse> HubClient::ListLocks() {
  return rpc_->Call(&v1::Orchestrator::Stub::ListLocks, v1::ListLocksRequest());
}

absl::StatusOr<v1::WhoAmIResponse> HubClient::WhoAmI() {
  return rpc_->Call(&v1::Access::Stub::WhoAmI, v1::WhoAmIRequest());
}
absl::StatusOr<v1::TestAccessResponse> HubClient::TestAccess(const v1::TestAccessRequest& request) {
  return rpc_->Call(&v1::Access::Stub::TestAccess, request);
}
absl::StatusOr<v1::LintAccessResponse> HubClient::LintAccess() {
  return rpc_->Call(&v1::Access::Stub::LintAccess, v1::LintAccessRequest());
}
absl::StatusOr<v1::DiffAccessResponse> HubClient::DiffAccess(const v1::DiffAccessRequest& request) {
  return rpc_->Call(&v1::Access::Stub::DiffAccess, request);
}
absl::StatusOr<v1::CreateTokenResponse> HubClient::CreateToken(const v1::CreateTokenRequest& request) {
  return rpc_->Call(&v1::Access::Stub::CreateToken, request);
}
absl::StatusOr<v1::ListTokensResponse> HubClient::ListTokens() {
  return rpc_->Call(&v1::Access::Stub::ListTokens, v1::ListTokensRequest());
}
absl::StatusOr<v1::RevokeTokenResponse> HubClient::RevokeToken(const v1::RevokeTokenRequest& request) {
  return rpc_->Call(&v1::Access::Stub::RevokeToken, request);
}
absl::StatusOr<v1::ApproveNodesResponse> HubClient::ApproveNodes(const v1::ApproveNodesRequest& request) {
  return rpc_->Call(&v1::Access::Stub::ApproveNodes, request);
}
absl::StatusOr<v1::BanPeersResponse> HubClient::BanPeers(const v1::BanPeersRequest& request) {
  return rpc_->Call(&v1::Access::Stub::BanPeers, request);
}
absl::StatusOr<v1::LabelNodesResponse> HubClient::LabelNodes(const v1::LabelNodesRequest& request) {
  return rpc_->Call(&v1::Access::Stub::LabelNodes, request);
}
absl::StatusOr<v1::GetAuthStatusResponse> HubClient::GetAuthStatus() {
  return rpc_->Call(&v1::Access::Stub::GetAuthStatus, v1::GetAuthStatusRequest());
}
absl::StatusOr<v1::RotateKeysResponse> HubClient::RotateKeys(const v1::RotateKeysRequest& request) {
  return rpc_->Call(&v1::Access::Stub::RotateKeys, request);
}
absl::StatusOr<v1::ListApprovalsResponse> HubClient::ListApprovals(const v1::ListApprovalsRequest& request) {
  return rpc_->Call(&v1::Access::Stub::ListApprovals, request);
}
absl::StatusOr<v1::DecideApprovalResponse> HubClient::DecideApproval(const v1::DecideApprovalRequest& request) {
  return rpc_->Call(&v1::Access::Stub::DecideApproval, request);
}
absl::StatusOr<v1::VerifyAuditResponse> HubClient::VerifyAudit() {
  return rpc_->Call(&v1::Access::Stub::VerifyAudit, v1::VerifyAuditRequest());
}

StreamEnd HubClient::LogIn(const v1::LogInRequest& request,
                           const std::function<bool(const v1::LogInResponse&)>& on_message) {
  return rpc_->Stream<v1::LogInResponse>(
      [&](grpc::ClientContext* context) { return rpc_->login()->LogIn(context, request); },
      [&](const v1::LogInResponse& response, const SetDeadline&) { return on_message(response); },
      /*endless=*/true);
}

StreamEnd HubClient::Invoke(const v1::InvokeRequest& request,
                            const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message) {
  return rpc_->Stream<v1::InvokeResponse>(
      [&](grpc::ClientContext* context) { return rpc_->stub()->Invoke(context, request); }, on_message);
}

StreamEnd HubClient::WatchJob(const v1::WatchJobRequest& request,
                              const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message) {
  return rpc_->Stream<v1::InvokeResponse>(
      [&](grpc::ClientContext* context) { return rpc_->stub()->WatchJob(context, request); }, on_message);
}

StreamEnd HubClient::WatchEvents(const v1::WatchEventsRequest& request,
                                 const std::function<bool(const v1::WatchEventsResponse&)>& on_message) {
  return rpc_->Stream<v1::WatchEventsResponse>(
      [&](grpc::ClientContext* context) { return rpc_->stub()->WatchEvents(context, request); },
      [&](const v1::WatchEventsResponse& response, const SetDeadline&) { return on_message(response); },
      /*endless=*/true);
}

StreamEnd HubClient::FindNodes(const v1::FindNodesRequest& request,
                               const std::function<bool(const v1::FindNodesResponse&)>& on_message) {
  size_t bytes = 0, found = 0;
  const auto fits = [&] { return bytes <= kMaxFoundBytes && found <= kMaxFound; };
  StreamEnd end = rpc_->Stream<v1::FindNodesResponse>(
      [&](grpc::ClientContext* context) { return rpc_->stub()->FindNodes(context, request); },
      [&](const v1::FindNodesResponse& response, const SetDeadline&) {
        bytes += response.ByteSizeLong();
        found += static_cast<size_t>(response.identities_size() + response.unknown_identities_size());
        return fits() && on_message(response);
      });
  if (!fits()) {
    end.enough = false;
    end.status = absl::ResourceExhaustedError(absl::StrCat("hub ", address_, " names more than ", kMaxFound,
                                                           " nodes; narrow the filter, or look at what listens there"));
  }
  return end;
}

StreamEnd HubClient::ReadAudit(const v1::ReadAuditRequest& request,
                               const std::function<bool(const v1::ReadAuditResponse&)>& on_message) {
  return rpc_->Stream<v1::ReadAuditResponse>(
      [&](grpc::ClientContext* context) { return rpc_->access()->ReadAudit(context, request); },
      [&](const v1::ReadAuditResponse& response, const SetDeadline&) { return on_message(response); },
      /*endless=*/request.follow());
}

}  // namespace orch::cli
