// The clients' gRPC service: asks the reception who calls, reads the request, passes it to the loop or to the queries,
// and writes the answer. Owned by the hub; any thread. Decides nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"
#include "services/hub/api/fleet_queries.h"
#include "services/hub/api/hub_queries.h"
#include "services/hub/api/job_queries.h"
#include "services/hub/door/client_stream.h"
#include "services/hub/door/door.h"
#include "services/hub/door/reception.h"
#include "services/hub/events/event_log.h"
#include "services/hub/fleet/fleet.h"
#include "services/hub/jobs/invocations.h"
#include "services/hub/nodes/node_watch.h"

namespace orch::hub {

class OrchestratorService final : public v1::Orchestrator::CallbackService {
 public:
  struct Dependencies {
    Reception* reception;
    const Door* door;  // for its counts
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
  using Done = std::function<void(absl::Status)>;

  // Calls `work` at once, on this thread; the call ends when `work` calls its Done.
  using OffLoop = std::function<void(FleetQueries::Asker, Done)>;
  grpc::ServerUnaryReactor* AnswerOffLoop(const char* method, grpc::CallbackServerContext* context, OffLoop work);
  // Runs `work` on the loop, unless the call was cancelled before; the call ends when `work` calls its Done.
  grpc::ServerUnaryReactor* Answer(const char* method, grpc::CallbackServerContext* context,
                                   std::function<void(const std::string& caller, Done)> work);

  // A streamed call that has begun: its stream and its admission.
  template <typename Response>
  struct Begun {
    std::shared_ptr<ClientStream<Response>> stream;
    std::shared_ptr<const Admission> admission;  // null: the call was not admitted, and the stream has ended
  };
  // `on_end` runs once, on the loop, when an admitted call is over.
  template <typename Response>
  Begun<Response> Begin(const char* method, CallSort sort, grpc::CallbackServerContext* context,
                        Closure on_end = nullptr);

  const Dependencies deps_;
};

template <typename Response>
OrchestratorService::Begun<Response> OrchestratorService::Begin(const char* method, CallSort sort,
                                                                grpc::CallbackServerContext* context, Closure on_end) {
  absl::StatusOr<Admission> admitted = deps_.reception->Admit(*context, auth::PeerKind::kClient, sort, method);
  Begun<Response> begun;
  if (!admitted.ok()) {
    begun.stream = ClientStream<Response>::Create(deps_.executor, [] {});
    begun.stream->End(admitted.status());
    return begun;
  }
  begun.admission = std::make_shared<const Admission>(*std::move(admitted));
  // The call keeps its place in the share until it is over.
  begun.stream = ClientStream<Response>::Create(deps_.executor,
                                                [admission = begun.admission, on_end = std::move(on_end)]() mutable {
                                                  if (on_end != nullptr) on_end();
                                                });
  return begun;
}

}  // namespace orch::hub
