#include "services/hub/orchestrator_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/server_call.h"
#include "services/hub/door/client_stream.h"
#include "services/hub/door/grpc_status.h"

namespace orch::hub {
namespace {

class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryCall(std::atomic<size_t>* open_calls) : open_calls_(open_calls) { open_calls_->fetch_add(1); }
  void OnCancel() override { cancelled_->store(true); }
  void OnDone() override {
    open_calls_->fetch_sub(1);
    delete this;
  }
  // May be asked after the call is gone.
  std::function<bool()> cancelled() const {
    return [flag = cancelled_] { return flag->load(); };
  }

 private:
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::atomic<size_t>* const open_calls_;
};

}  // namespace

absl::StatusOr<auth::Caller> OrchestratorService::Admit(const char* method, grpc::CallbackServerContext* context) {
  auto caller = auth::VerifyCall(*rooms_.verifier, auth::PeerKind::kClient, method, *context);
  if (!caller.ok()) return caller;
  if (rooms_.door != nullptr) rooms_.door->Authenticated(context->peer());
  if (open_calls_.load() > rooms_.max_clients) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the hub serves ", rooms_.max_clients, " calls, its limit (limits.clients); try again shortly"));
  }
  return caller;
}

grpc::ServerUnaryReactor* OrchestratorService::Answer(const char* method, grpc::CallbackServerContext* context,
                                                      std::function<void(const auth::Caller&, Done)> work) {
  auto* const call = new UnaryCall(&open_calls_);
  auto caller = Admit(method, context);
  if (!caller.ok()) {
    call->Finish(ToGrpcStatus(caller.status()));
    return call;
  }
  rooms_.executor->Post([call, caller = *std::move(caller), work = std::move(work)] {
    if (call->cancelled()()) return call->Finish(ToGrpcStatus(absl::CancelledError("the client ended the call")));
    work(caller, [call](const absl::Status& status) { call->Finish(ToGrpcStatus(status)); });
  });
  return call;
}

grpc::ServerUnaryReactor* OrchestratorService::AnswerOffLoop(const char* method, grpc::CallbackServerContext* context,
                                                             OffLoop work) {
  auto* const call = new UnaryCall(&open_calls_);
  const auto caller = Admit(method, context);
  if (!caller.ok()) {
    call->Finish(ToGrpcStatus(caller.status()));
    return call;
  }
  work({caller->id, call->cancelled()}, [call](const absl::Status& status) { call->Finish(ToGrpcStatus(status)); });
  return call;
}

grpc::ServerUnaryReactor* OrchestratorService::Hello(grpc::CallbackServerContext* context, const v1::HelloRequest*,
                                                     v1::HelloResponse* response) {
  return Answer("/orch.v1.Orchestrator/Hello", context, [this, response](const auth::Caller& caller, const Done& done) {
    response->set_proof(caller.proof);
    response->set_hub_version(rooms_.hub_version);
    response->set_caller(caller.id);
    response->set_hub_time_us(absl::ToUnixMicros(rooms_.clock->Now()));
    done(absl::OkStatus());
  });
}

grpc::ServerWriteReactor<v1::InvokeResponse>* OrchestratorService::Invoke(grpc::CallbackServerContext* context,
                                                                          const v1::InvokeRequest* request) {
  open_calls_.fetch_add(1);
  const auto stream = ClientStream<v1::InvokeResponse>::Create(rooms_.executor, [this] { open_calls_.fetch_sub(1); });
  auto* const reactor = stream.get();
  auto caller = Admit("/orch.v1.Orchestrator/Invoke", context);
  if (!caller.ok()) {
    stream->End(caller.status());
    return reactor;
  }
  rooms_.invocations->Run(*request, caller->id, stream);
  return reactor;
}

grpc::ServerWriteReactor<v1::FindNodesResponse>* OrchestratorService::FindNodes(grpc::CallbackServerContext* context,
                                                                                const v1::FindNodesRequest* request) {
  open_calls_.fetch_add(1);
  const auto stream =
      ClientStream<v1::FindNodesResponse>::Create(rooms_.executor, [this] { open_calls_.fetch_sub(1); });
  auto* const reactor = stream.get();
  const auto caller = Admit("/orch.v1.Orchestrator/FindNodes", context);
  if (!caller.ok()) {
    stream->End(caller.status());
    return reactor;
  }
  rooms_.fleet_queries->FindNodes(caller->id, *request, stream);
  return reactor;
}

grpc::ServerUnaryReactor* OrchestratorService::GetNode(grpc::CallbackServerContext* context,
                                                       const v1::GetNodeRequest* request,
                                                       v1::GetNodeResponse* response) {
  return AnswerOffLoop("/orch.v1.Orchestrator/GetNode", context,
                       [this, request, response](FleetQueries::Asker asker, Done done) {
                         rooms_.fleet_queries->GetNode(std::move(asker), request, response, std::move(done));
                       });
}

grpc::ServerUnaryReactor* OrchestratorService::FactReport(grpc::CallbackServerContext* context,
                                                          const v1::FactReportRequest* request,
                                                          v1::FactReportResponse* response) {
  return AnswerOffLoop("/orch.v1.Orchestrator/FactReport", context,
                       [this, request, response](FleetQueries::Asker asker, Done done) {
                         rooms_.fleet_queries->FactReport(std::move(asker), request, response, std::move(done));
                       });
}

grpc::ServerUnaryReactor* OrchestratorService::ListPlugins(grpc::CallbackServerContext* context,
                                                           const v1::ListPluginsRequest*,
                                                           v1::ListPluginsResponse* response) {
  return Answer("/orch.v1.Orchestrator/ListPlugins", context, [this, response](const auth::Caller&, const Done& done) {
    rooms_.queries->ListPlugins(response);
    done(absl::OkStatus());
  });
}

grpc::ServerUnaryReactor* OrchestratorService::GetPlugin(grpc::CallbackServerContext* context,
                                                         const v1::GetPluginRequest* request,
                                                         v1::GetPluginResponse* response) {
  return Answer("/orch.v1.Orchestrator/GetPlugin", context,
                [this, request, response](const auth::Caller&, const Done& done) {
                  rooms_.queries->GetPlugin(request, response, done);
                });
}

grpc::ServerUnaryReactor* OrchestratorService::GetHubStatus(grpc::CallbackServerContext* context,
                                                            const v1::GetHubStatusRequest*,
                                                            v1::GetHubStatusResponse* response) {
  return Answer("/orch.v1.Orchestrator/GetHubStatus", context, [this, response](const auth::Caller&, const Done& done) {
    rooms_.queries->GetHubStatus(response);
    done(absl::OkStatus());
  });
}

grpc::ServerWriteReactor<v1::WatchNodesResponse>* OrchestratorService::WatchNodes(
    grpc::CallbackServerContext* context, const v1::WatchNodesRequest* request) {
  open_calls_.fetch_add(1);
  const auto id = std::make_shared<NodeWatch::WatchId>(0);  // loop only
  const auto stream = ClientStream<v1::WatchNodesResponse>::Create(rooms_.executor, [this, id] {
    open_calls_.fetch_sub(1);
    rooms_.watch->Remove(*id);
  });
  auto* const reactor = stream.get();
  const auto caller = Admit("/orch.v1.Orchestrator/WatchNodes", context);
  if (!caller.ok()) {
    stream->End(caller.status());
    return reactor;
  }
  stream->SetOnDrained([this, id] { rooms_.watch->OnDrained(*id); });
  rooms_.fleet_queries->ReadWatch(
      {caller->id, [stream] { return stream->closed(); }}, *request,
      [this, id, stream, caller = caller->id, present = request->present_first()](absl::StatusOr<TargetQuery> query) {
        if (!query.ok()) return stream->End(query.status());
        if (!stream->closed()) *id = rooms_.watch->Add(*std::move(query), caller, present, stream);
      });
  return reactor;
}

}  // namespace orch::hub
