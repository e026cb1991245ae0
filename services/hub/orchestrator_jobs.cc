// The part of the clients' door that is about jobs that are there already.
#include <string>
#include <utility>

#include "services/hub/door/client_stream.h"
#include "services/hub/orchestrator_service.h"

namespace orch::hub {

grpc::ServerWriteReactor<v1::InvokeResponse>* OrchestratorService::WatchJob(grpc::CallbackServerContext* context,
                                                                            const v1::WatchJobRequest* request) {
  open_calls_.fetch_add(1);
  const auto stream = ClientStream<v1::InvokeResponse>::Create(rooms_.executor, [this] { open_calls_.fetch_sub(1); });
  auto* const reactor = stream.get();
  if (const auto caller = Admit("/orch.v1.Orchestrator/WatchJob", context); !caller.ok()) {
    stream->End(caller.status());
    return reactor;
  }
  rooms_.executor->Post([this, stream, request = *request] { rooms_.dispatcher->Watch(request, stream); });
  return reactor;
}

grpc::ServerUnaryReactor* OrchestratorService::ControlJob(grpc::CallbackServerContext* context,
                                                          const v1::ControlJobRequest* request,
                                                          v1::ControlJobResponse* response) {
  return Answer("/orch.v1.Orchestrator/ControlJob", context,
                [this, request, response](const auth::Caller& caller, const Done& done) {
                  rooms_.dispatcher->Control(*request, caller.id, [response, done](absl::StatusOr<v1::Job> job) {
                    if (job.ok()) *response->mutable_job() = *std::move(job);
                    done(job.status());
                  });
                });
}

grpc::ServerUnaryReactor* OrchestratorService::ListLocks(grpc::CallbackServerContext* context,
                                                         const v1::ListLocksRequest*, v1::ListLocksResponse* response) {
  return Answer("/orch.v1.Orchestrator/ListLocks", context, [this, response](const auth::Caller&, const Done& done) {
    rooms_.dispatcher->locks().List(response);
    done(absl::OkStatus());
  });
}

}  // namespace orch::hub
