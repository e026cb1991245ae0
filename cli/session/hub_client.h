// The channel to the hub, through a tunnel that has proved both sides before anything is sent.
// Calls are synchronous and come from one thread, one at a time; the context of the command owns
// the client. Errors carry their exit code: 5 if the hub refused the caller, 6 if the hub cannot be
// reached or the connection broke. It never connects again by itself.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/login_key.h"
#include "auth/peer_tls.h"
#include "cli/session/client_config.h"
#include "cli/terminal/environment.h"
#include "orch/v1/access_service.pb.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::cli {

inline constexpr absl::Duration kConnectTimeout = absl::Seconds(5);
inline constexpr absl::Duration kCallTimeout = absl::Seconds(30);  // for calls with one answer

// How a stream ended.
struct StreamEnd {
  absl::Status status;       // of the call; OK if the hub ended it
  bool interrupted = false;  // by Ctrl-C
  bool enough = false;       // the callback ended it
};

class HubClient {
 public:
  ~HubClient();
  // Connects within `patience`; a hub that takes longer counts as unreachable.
  static absl::StatusOr<std::unique_ptr<HubClient>> Connect(const ClientConfig& config, const Environment& env,
                                                            absl::Duration patience = kConnectTimeout);

  // Connects with the login key of the site. Only LogIn is possible then.
  static absl::StatusOr<std::unique_ptr<HubClient>> ConnectForLogin(const ClientConfig& config, const Environment& env,
                                                                    const auth::LoginKey& key);

  const std::string& address() const { return address_; }
  // Sets the time limit of calls with one answer, which is kCallTimeout by default.
  void set_call_limit(absl::Duration limit);

  // Calls with one answer. Each returns the response, or an error as described above.
  absl::StatusOr<v1::GetNodeResponse> GetNode(const v1::GetNodeRequest& request);
  absl::StatusOr<v1::ListNodesResponse> ListNodes(const v1::ListNodesRequest& request);
  absl::StatusOr<v1::ForgetNodesResponse> ForgetNodes(const v1::ForgetNodesRequest& request);
  absl::StatusOr<v1::FactReportResponse> FactReport(const v1::FactReportRequest& request);
  absl::StatusOr<v1::ListPluginsResponse> ListPlugins();
  absl::StatusOr<v1::GetPluginResponse> GetPlugin(const v1::GetPluginRequest& request);
  absl::StatusOr<v1::GetHubStatusResponse> GetHubStatus();
  absl::StatusOr<v1::GetJobResponse> GetJob(const v1::GetJobRequest& request);
  absl::StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request);
  absl::StatusOr<v1::ListRepliesResponse> ListReplies(const v1::ListRepliesRequest& request);
  absl::StatusOr<v1::ControlJobResponse> ControlJob(const v1::ControlJobRequest& request);
  absl::StatusOr<v1::PruneJobsResponse> PruneJobs(const v1::PruneJobsRequest& request);
  absl::StatusOr<v1::ListLocksResponse> ListLocks();

  // The calls of the service Access.
  absl::StatusOr<v1::WhoAmIResponse> WhoAmI();
  absl::StatusOr<v1::TestAccessResponse> TestAccess(const v1::TestAccessRequest& request);
  absl::StatusOr<v1::LintAccessResponse> LintAccess();
  absl::StatusOr<v1::DiffAccessResponse> DiffAccess(const v1::DiffAccessRequest& request);
  absl::StatusOr<v1::CreateTokenResponse> CreateToken(const v1::CreateTokenRequest& request);
  absl::StatusOr<v1::ListTokensResponse> ListTokens();
  absl::StatusOr<v1::RevokeTokenResponse> RevokeToken(const v1::RevokeTokenRequest& request);
  absl::StatusOr<v1::ApproveNodesResponse> ApproveNodes(const v1::ApproveNodesRequest& request);
  absl::StatusOr<v1::BanPeersResponse> BanPeers(const v1::BanPeersRequest& request);
  absl::StatusOr<v1::LabelNodesResponse> LabelNodes(const v1::LabelNodesRequest& request);
  absl::StatusOr<v1::GetAuthStatusResponse> GetAuthStatus();
  absl::StatusOr<v1::RotateKeysResponse> RotateKeys(const v1::RotateKeysRequest& request);
  absl::StatusOr<v1::ListApprovalsResponse> ListApprovals(const v1::ListApprovalsRequest& request);
  absl::StatusOr<v1::DecideApprovalResponse> DecideApproval(const v1::DecideApprovalRequest& request);
  absl::StatusOr<v1::VerifyAuditResponse> VerifyAudit();

  // The calls below pass each message to `on_message`, which returns false to end the call. Where
  // it gets a SetDeadline, it may move the deadline of the stream.
  using SetDeadline = std::function<void(absl::Duration from_now)>;
  StreamEnd Invoke(const v1::InvokeRequest& request,
                   const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message);
  StreamEnd WatchJob(const v1::WatchJobRequest& request,
                     const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message);
  StreamEnd WatchEvents(const v1::WatchEventsRequest& request,
                        const std::function<bool(const v1::WatchEventsResponse&)>& on_message);
  StreamEnd FindNodes(const v1::FindNodesRequest& request,
                      const std::function<bool(const v1::FindNodesResponse&)>& on_message);
  StreamEnd LogIn(const v1::LogInRequest& request, const std::function<bool(const v1::LogInResponse&)>& on_message);
  StreamEnd ReadAudit(const v1::ReadAuditRequest& request,
                      const std::function<bool(const v1::ReadAuditResponse&)>& on_message);

 private:
  class Rpc;  // hides the channel, so that commands include no header of gRPC

  explicit HubClient(std::string address, std::unique_ptr<Rpc> rpc);
  static absl::StatusOr<std::unique_ptr<HubClient>> ConnectAs(auth::PeerCredential credential,
                                                              const auth::PeerTlsOptions& tls,
                                                              const ClientConfig& config, const Environment& env,
                                                              absl::Duration patience);

  const std::string address_;
  const std::unique_ptr<Rpc> rpc_;
};

}  // namespace orch::cli
