// An Orchestrator service in this process, plaintext on loopback, for tests of the real commands.
// It stands behind the hub's real door and answers from a small fleet; a test scripts the rest.
#pragma once

#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "auth/keyring.h"
#include "base/json.h"
#include "base/mutex.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"
#include "tests/cli/fake_access.h"
#include "tests/support/test_door.h"

namespace orch::cli::testing {

class FakeHub final : public v1::Orchestrator::Service {
 public:
  using InvokeWriter = grpc::ServerWriter<v1::InvokeResponse>;
  using Script =
      std::function<grpc::Status(const v1::JobSpec& spec, grpc::ServerContext* context, InvokeWriter* writer)>;

  using WatchScript = std::function<grpc::Status(const v1::WatchJobRequest& request, grpc::ServerContext* context,
                                                 InvokeWriter* writer)>;
  using EventWriter = grpc::ServerWriter<v1::WatchEventsResponse>;
  using EventScript = std::function<grpc::Status(const v1::WatchEventsRequest& request, EventWriter* writer)>;

  // Starts listening on a free port; credentials and a client configuration are written to `dir`.
  explicit FakeHub(const std::string& dir);
  ~FakeHub() override;

  const std::string& config_file() const { return config_file_; }
  const std::string& address() const { return address_; }
  void Stop();

  // Set before the command runs.
  std::map<std::string, Json> replies;       // "plugin.action" → data of each node
  std::map<std::string, v1::Reply> special;  // identity → this instead
  Script script;                             // takes the place of the whole Invoke
  std::map<std::string, std::string> ddls;   // plugin → DDL
  std::vector<v1::Node> nodes;
  v1::FactReportResponse fact_report;
  std::vector<v1::Job> jobs;                                  // the newest first
  std::map<std::string, std::vector<v1::Reply>> job_replies;  // by job id
  std::vector<v1::ListPluginsResponse::Failed> failed_plugins;
  v1::ListLocksResponse locks;
  WatchScript watch_script;
  EventScript event_script;
  std::vector<v1::Suggestion> suggestions;  // said of unknown names
  uint32_t returning = 0;                   // of the nodes that are away
  v1::GetHubStatusResponse status;          // merged into the hub's
  FakeAccess access;
  static constexpr int kPage = 2;  // no answer holds more entries

  std::vector<v1::JobSpec> invoked() const;
  v1::FindNodesRequest last_find() const;
  std::vector<v1::ListNodesRequest> nodes_listed() const;
  std::vector<v1::WatchJobRequest> watched() const;
  std::vector<v1::ControlJobRequest> controlled() const;
  std::vector<v1::ListJobsRequest> listed() const;
  v1::PruneJobsRequest last_prune() const;
  int plugin_bodies_sent() const;
  uint64_t connections() const;

  grpc::Status Invoke(grpc::ServerContext*, const v1::InvokeRequest*, InvokeWriter*) override;
  grpc::Status FindNodes(grpc::ServerContext*, const v1::FindNodesRequest*,
                         grpc::ServerWriter<v1::FindNodesResponse>*) override;
  grpc::Status GetNode(grpc::ServerContext*, const v1::GetNodeRequest*, v1::GetNodeResponse*) override;
  grpc::Status ListNodes(grpc::ServerContext*, const v1::ListNodesRequest*, v1::ListNodesResponse*) override;
  // Forgets those of `nodes` that are disconnected.
  grpc::Status ForgetNodes(grpc::ServerContext*, const v1::ForgetNodesRequest*, v1::ForgetNodesResponse*) override;
  grpc::Status FactReport(grpc::ServerContext*, const v1::FactReportRequest*, v1::FactReportResponse*) override;
  grpc::Status ListPlugins(grpc::ServerContext*, const v1::ListPluginsRequest*, v1::ListPluginsResponse*) override;
  grpc::Status GetPlugin(grpc::ServerContext*, const v1::GetPluginRequest*, v1::GetPluginResponse*) override;
  grpc::Status GetHubStatus(grpc::ServerContext*, const v1::GetHubStatusRequest*, v1::GetHubStatusResponse*) override;
  grpc::Status WatchJob(grpc::ServerContext*, const v1::WatchJobRequest*, InvokeWriter*) override;
  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest*, v1::GetJobResponse*) override;
  grpc::Status ListJobs(grpc::ServerContext*, const v1::ListJobsRequest*, v1::ListJobsResponse*) override;
  grpc::Status ListReplies(grpc::ServerContext*, const v1::ListRepliesRequest*, v1::ListRepliesResponse*) override;
  grpc::Status ControlJob(grpc::ServerContext*, const v1::ControlJobRequest*, v1::ControlJobResponse*) override;
  grpc::Status PruneJobs(grpc::ServerContext*, const v1::PruneJobsRequest*, v1::PruneJobsResponse*) override;
  grpc::Status ListLocks(grpc::ServerContext*, const v1::ListLocksRequest*, v1::ListLocksResponse*) override;
  grpc::Status WatchEvents(grpc::ServerContext*, const v1::WatchEventsRequest*, EventWriter*) override;

 private:
  const v1::Job* FindJob(const std::string& id) const;
  // Why the caller is refused, or OK.
  grpc::Status Check(grpc::ServerContext* context, const std::string& method) const;
  v1::AwayNodes Away(const v1::Target& target) const;
  std::vector<std::string> Chosen(const v1::Target& target, bool with_absent, std::vector<std::string>* unknown) const;

  std::unique_ptr<TestDoor> door_;
  std::string config_file_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  mutable Mutex mu_;
  std::vector<v1::JobSpec> invoked_ ABSL_GUARDED_BY(mu_);
  std::vector<v1::ListNodesRequest> nodes_listed_ ABSL_GUARDED_BY(mu_);
  v1::FindNodesRequest last_find_ ABSL_GUARDED_BY(mu_);
  std::vector<v1::WatchJobRequest> watched_ ABSL_GUARDED_BY(mu_);
  std::vector<v1::ControlJobRequest> controlled_ ABSL_GUARDED_BY(mu_);
  std::vector<v1::ListJobsRequest> listed_ ABSL_GUARDED_BY(mu_);
  v1::PruneJobsRequest last_prune_ ABSL_GUARDED_BY(mu_);
  int plugin_bodies_sent_ ABSL_GUARDED_BY(mu_) = 0;
};

// A connected node with plugins rpcutil, service and package.
v1::Node MakeNode(const std::string& identity, const std::string& facts_json);
v1::Reply OkReply(const std::string& identity, const Json& data, int64_t latency_us);
v1::Reply FailedReply(const std::string& identity, v1::TaskState state, uint32_t code, const std::string& message);

// DDLs in the shape of the real ones, small.
std::string ServiceDdl();
std::string PackageDdl();
std::string RpcutilDdl();
std::string FilemgrDdl();  // has no command of its own

}  // namespace orch::cli::testing
