// The clients' door: verifies who calls, reads the request, hands it to the loop and writes what
// comes back. Decides nothing. Any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth/call_credential.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"
#include "services/hub/door/door.h"
#include "services/hub/events/event_log.h"
#include "services/hub/fleet.h"
#include "services/hub/fleet_queries.h"
#include "services/hub/job_store/job_queries.h"
#include "services/hub/jobs/invocations.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/queries.h"

namespace orch::hub {

class OrchestratorService final : public v1::Orchestrator::CallbackService {
 public:
  struct Rooms {
    const auth::CallVerifier* verifier;
    Door* door;  // may be null (no TCP)
    Invocations* invocations;
    Queries* queries;
    Dispatcher* dispatcher;
    JobQueries* jobs;
    EventLog* events;
    NodeWatch* watch;
    const Clock* clock;
    Random* random;
    Executor* executor;
    std::string hub_version;
    size_t max_clients;  // calls at the same time
    Fleet* fleet;
    FleetQueries* fleet_queries;
  };
  explicit OrchestratorService(Rooms rooms) : rooms_(std::move(rooms)) {}

  grpc::ServerUnaryReactor* Hello(grpc::CallbackServerContext* context, const v1::HelloRequest* request,
                                  v1::HelloResponse* response) override;
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
  using Done = std::function<void(absl::Status)>;

  // Who calls, if the call is taken in. ResourceExhausted when too many calls are open.
  absl::StatusOr<auth::Caller> Admit(const char* method, grpc::CallbackServerContext* context);
  // Work off the loop: called at once, on this thread.
  using OffLoop = std::function<void(FleetQueries::Asker, Done)>;
  grpc::ServerUnaryReactor* AnswerOffLoop(const char* method, grpc::CallbackServerContext* context, OffLoop work);
  // Runs `work` on the loop, unless the call was cancelled meanwhile; the call ends when it calls `done`.
  grpc::ServerUnaryReactor* Answer(const char* method, grpc::CallbackServerContext* context,
                                   std::function<void(const auth::Caller&, Done)> work);

  const Rooms rooms_;
  std::atomic<size_t> open_calls_{0};
};

}  // namespace orch::hub
