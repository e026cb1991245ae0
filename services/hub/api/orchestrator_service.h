// The clients' gRPC service: passes each call to the part of the hub that answers it. Owned by the hub; any thread.
// Decides nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth/audit/audit_sink.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/approvals.h"
#include "services/hub/api/client_calls.h"
#include "services/hub/api/fleet_queries.h"
#include "services/hub/api/hub_queries.h"
#include "services/hub/api/job_guard.h"
#include "services/hub/api/job_queries.h"
#include "services/hub/door/client_stream.h"
#include "services/hub/door/door.h"
#include "services/hub/door/reception.h"
#include "services/hub/events/event_log.h"
#include "services/hub/fleet/fleet.h"
#include "services/hub/jobs/invocations.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class OrchestratorService final : public v1::Orchestrator::CallbackService {
 public:
  struct Dependencies {
    const AccessControl* access;
    const JobGuard* guard;
    const Approvals* approvals;  // on the loop
    const Registry* registry;
    ClientCalls* calls;
    const Reception* reception;  // for its counts
    const Door* door;            // the same
    Invocations* invocations;
    HubQueries* queries;
    Dispatcher* dispatcher;
    JobQueries* jobs;
    EventLog* events;
    NodeWatch* watch;
    const Clock* clock;
    Random* random;
    Executor* executor;
    Fleet* fleet;
    FleetQueries* fleet_queries;
    auth::AuditSink* audit;
  };
  explicit OrchestratorService(Dependencies dependencies) : deps_(dependencies) {}

  grpc::ServerWriteReactor<v1::InvokeResponse>* Invoke(grpc::CallbackServerContext* context,
                                                       const v1::InvokeRequest* request) override;
  grpc::ServerWriteReactor<v1::FindNodesResponse>* FindNodes(grpc::CallbackServerContext* context,
                                                             const v1::FindNodesRequest* request) override;
  grpc::ServerUnaryReactor* GetNode(grpc::CallbackServerContext* context, const v1::GetNodeRequest* request,
                                    v1::GetNodeResponse* response) override;
  grpc::ServerUnaryReactor* ListNodes(grpc::CallbackServerContext* context, const v1::ListNodesRequest* request,
                                      v1::ListNodesResponse* response) override;
  grpc::ServerUnaryReactor* ForgetNodes(grpc::CallbackServerContext* context, const v1::ForgetNodesRequest* request,
                                        v1::ForgetNodesResponse* response) override;
  grpc::ServerUnaryReactor* FactReport(grpc::CallbackServerContext* context, const v1::FactReportRequest* request,
                                       v1::FactReportResponse* response) override;
  grpc::ServerUnaryReactor* ListPlugins(grpc::CallbackServerContext* context, const v1::ListPluginsRequest* request,
                                        v1::ListPluginsResponse* response) override;
  grpc::ServerUnaryReactor* GetPlugin(grpc::CallbackServerContext* context, const v1::GetPluginRequest* request,
                                      v1::GetPluginResponse* response) override;
  grpc::ServerUnaryReactor* GetHubStatus(grpc::CallbackServerContext* context, const v1::GetHubStatusRequest* request,
                                         v1::GetHubStatusResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchNodesResponse>* WatchNodes(grpc::CallbackServerContext* context,
                                                               const v1::WatchNodesRequest* request) override;

  grpc::ServerWriteReactor<v1::InvokeResponse>* WatchJob(grpc::CallbackServerContext* context,
                                                         const v1::WatchJobRequest* request) override;
  grpc::ServerUnaryReactor* ControlJob(grpc::CallbackServerContext* context, const v1::ControlJobRequest* request,
                                       v1::ControlJobResponse* response) override;
  grpc::ServerUnaryReactor* ListLocks(grpc::CallbackServerContext* context, const v1::ListLocksRequest* request,
                                      v1::ListLocksResponse* response) override;
  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context, const v1::GetJobRequest* request,
                                   v1::GetJobResponse* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context, const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* ListReplies(grpc::CallbackServerContext* context, const v1::ListRepliesRequest* request,
                                        v1::ListRepliesResponse* response) override;
  grpc::ServerUnaryReactor* PruneJobs(grpc::CallbackServerContext* context, const v1::PruneJobsRequest* request,
                                      v1::PruneJobsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(grpc::CallbackServerContext* context,
                                                                 const v1::WatchEventsRequest* request) override;

 private:
  const Dependencies deps_;
};

}  // namespace orch::hub
