// The calls of the clients' service about stored jobs and about events.
#include <memory>
#include <utility>

#include "services/hub/api/orchestrator_service.h"
#include "services/hub/door/client_stream.h"

namespace orch::hub {

grpc::ServerUnaryReactor* OrchestratorService::GetJob(grpc::CallbackServerContext* context,
                                                      const v1::GetJobRequest* request, v1::GetJobResponse* response) {
  return Answer("/orch.v1.Orchestrator/GetJob", context,
                [this, request, response](const std::string&, const Done& done) {
                  deps_.jobs->GetJob(*request, response, done);
                });
}

grpc::ServerUnaryReactor* OrchestratorService::ListJobs(grpc::CallbackServerContext* context,
                                                        const v1::ListJobsRequest* request,
                                                        v1::ListJobsResponse* response) {
  return Answer("/orch.v1.Orchestrator/ListJobs", context,
                [this, request, response](const std::string&, const Done& done) {
                  deps_.jobs->ListJobs(*request, response, done);
                });
}

grpc::ServerUnaryReactor* OrchestratorService::ListReplies(grpc::CallbackServerContext* context,
                                                           const v1::ListRepliesRequest* request,
                                                           v1::ListRepliesResponse* response) {
  return Answer("/orch.v1.Orchestrator/ListReplies", context,
                [this, request, response](const std::string&, const Done& done) {
                  deps_.jobs->ListReplies(*request, response, done);
                });
}

grpc::ServerUnaryReactor* OrchestratorService::PruneJobs(grpc::CallbackServerContext* context,
                                                         const v1::PruneJobsRequest* request,
                                                         v1::PruneJobsResponse* response) {
  return Answer("/orch.v1.Orchestrator/PruneJobs", context,
                [this, request, response](const std::string& caller, const Done& done) {
                  deps_.jobs->PruneJobs(*request, caller, response, done);
                });
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* OrchestratorService::WatchEvents(
    grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) {
  const auto id = std::make_shared<EventLog::WatchId>(0);  // loop only
  const auto [stream, admission] = Begin<v1::WatchEventsResponse>("/orch.v1.Orchestrator/WatchEvents", CallSort::kWatch,
                                                                  context, [this, id] { deps_.events->Remove(*id); });
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  stream->SetOnDrained([this, id] { deps_.events->OnDrained(*id); });
  deps_.executor->Post([this, id, stream = stream, request = *request] {
    const auto watch = deps_.events->Add(request, stream);
    if (watch.ok()) {
      *id = *watch;
    } else {
      stream->End(watch.status());
    }
  });
  return reactor;
}

}  // namespace orch::hub
