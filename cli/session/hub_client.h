// One channel to the hub, through a tunnel that has proved both sides before anything is sent. Synchronous:
// one command, one call, from one thread. Errors carry their exit code: refused by the hub 5, no
// hub or a broken connection 6.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/session/client_config.h"
#include "cli/terminal/environment.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::cli {

inline constexpr absl::Duration kConnectTimeout = absl::Seconds(5);
inline constexpr absl::Duration kCallTimeout = absl::Seconds(30);  // of calls with one answer
// Beyond the hub's own deadlines, before a silent hub is given up.
inline constexpr absl::Duration kSilenceGrace = absl::Seconds(30);

// How a stream ended.
struct StreamEnd {
  absl::Status status;
  bool interrupted = false;  // by Ctrl-C
  bool enough = false;       // by the callback's wish
};

class HubClient {
 public:
  ~HubClient();
  // A hub that has not answered within `patience` counts as one that cannot be reached.
  static absl::StatusOr<std::unique_ptr<HubClient>> Connect(const ClientConfig& config, const Environment& env,
                                                            absl::Duration patience = kConnectTimeout);

  const std::string& address() const { return address_; }
  // Of calls with one answer; kCallTimeout at first.
  void set_call_limit(absl::Duration limit);

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

  // Each message goes to `on_message`; false ends the call. It is given at most `silence` to begin;
  // `on_message` may move that limit.
  using SetDeadline = std::function<void(absl::Duration from_now)>;
  StreamEnd Invoke(const v1::InvokeRequest& request,
                   const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message);
  StreamEnd WatchJob(const v1::WatchJobRequest& request,
                     const std::function<bool(const v1::InvokeResponse&, const SetDeadline&)>& on_message);
  StreamEnd WatchEvents(const v1::WatchEventsRequest& request,
                        const std::function<bool(const v1::WatchEventsResponse&)>& on_message);
  StreamEnd FindNodes(const v1::FindNodesRequest& request,
                      const std::function<bool(const v1::FindNodesResponse&)>& on_message);

 private:
  class Rpc;  // the channel; keeps gRPC's headers out of the commands

  explicit HubClient(std::string address, std::unique_ptr<Rpc> rpc);

  const std::string address_;
  const std::unique_ptr<Rpc> rpc_;
};

}  // namespace orch::cli
