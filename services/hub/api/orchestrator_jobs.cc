// The calls of the clients' service about jobs that were started before.
#include <string>
#include <utility>

#include "services/hub/api/orchestrator_service.h"
#include "services/hub/door/client_stream.h"

namespace orch::hub {

grpc::ServerWriteReactor<v1::InvokeResponse>* OrchestratorService::WatchJob(grpc::CallbackServerContext* context,
                                                                            const v1::WatchJobRequest* request) {
  const auto [stream, admission] =
      Begin<v1::InvokeResponse>("/orch.v1.Orchestrator/WatchJob", CallSort::kWatch, context);
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  deps_.executor->Post([this, stream = stream, request = *request] { deps_.dispatcher->Watch(request, stream); });
  return reactor;
}

grpc::ServerUnaryReactor* OrchestratorService::ControlJob(grpc::CallbackServerContext* context,
                                                          const v1::ControlJobRequest* request,
                                                          v1::ControlJobResponse* response) {
  return Answer("/orch.v1.Orchestrator/ControlJob", context,
                [this, request, response](const std::string& caller, const Done& done) {
                  deps_.dispatcher->Control(*request, caller, [response, done](absl::StatusOr<v1::Job> job) {
                    const absl::Status status = job.status();
                    if (job.ok()) *response->mutable_job() = *std::move(job);
                    done(status);
                  });
                });
}

grpc::ServerUnaryReactor* OrchestratorService::ListLocks(grpc::CallbackServerContext* context,
                                                         const v1::ListLocksRequest*, v1::ListLocksResponse* response) {
  return Answer("/orch.v1.Orchestrator/ListLocks", context, [this, response](const std::string&, const Done& done) {
    deps_.dispatcher->locks().List(response);
    done(absl::OkStatus());
  });
}

}  // namespace orch::hub
