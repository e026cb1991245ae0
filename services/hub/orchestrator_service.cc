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
  void OnDone() override {
    open_calls_->fetch_sub(1);
    delete this;
  }

 private:
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
    work(caller, [call](const absl::Status& status) { call->Finish(ToGrpcStatus(status)); });
  });
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
  auto invocation = ParseInvocation(request->spec(), caller->id, rooms_.random);
  if (!invocation.ok()) {
    stream->End(invocation.status());
    return reactor;
  }
  auto shared = std::make_shared<Invocation>(*std::move(invocation));
  shared->cursor = request->cursor();
  rooms_.executor->Post([this, shared, stream] { rooms_.invocations->Run(shared, stream); });
  return reactor;
}

grpc::ServerWriteReactor<v1::FindNodesResponse>* OrchestratorService::FindNodes(grpc::CallbackServerContext* context,
                                                                                const v1::FindNodesRequest* request) {
  open_calls_.fetch_add(1);
  const auto stream =
      ClientStream<v1::FindNodesResponse>::Create(rooms_.executor, [this] { open_calls_.fetch_sub(1); });
  auto* const reactor = stream.get();
  const auto caller = Admit("/orch.v1.Orchestrator/FindNodes", context);
  auto query = caller.ok() ? ParseTarget(request->target(), rooms_.random) : caller.status();
  if (!query.ok()) {
    stream->End(query.status());
    return reactor;
  }
  const FindWhich which = request->only_disconnected()      ? FindWhich::kDisconnected
                          : request->include_disconnected() ? FindWhich::kKnown
                                                            : FindWhich::kConnected;
  rooms_.executor->Post([this, stream, query = *std::move(query), which] {
    auto chunks = rooms_.queries->FindNodes(query, which);
    bool whole = true;
    for (size_t i = 0; chunks.ok() && i < chunks->size() && whole; ++i) {
      whole = stream->TryPush(std::move((*chunks)[i]));
    }
    stream->End(whole ? chunks.status()
                      : absl::ResourceExhaustedError("the answer is larger than the hub keeps for one client; "
                                                     "narrow the filter"));
  });
  return reactor;
}

grpc::ServerUnaryReactor* OrchestratorService::GetNode(grpc::CallbackServerContext* context,
                                                       const v1::GetNodeRequest* request,
                                                       v1::GetNodeResponse* response) {
  return Answer("/orch.v1.Orchestrator/GetNode", context,
                [this, request, response](const auth::Caller&, const Done& done) {
                  done(rooms_.queries->GetNode(*request, response));
                });
}

grpc::ServerUnaryReactor* OrchestratorService::FactReport(grpc::CallbackServerContext* context,
                                                          const v1::FactReportRequest* request,
                                                          v1::FactReportResponse* response) {
  return Answer("/orch.v1.Orchestrator/FactReport", context,
                [this, request, response](const auth::Caller&, const Done& done) {
                  auto query = ParseTarget(request->target(), rooms_.random);
                  done(query.ok() ? rooms_.queries->FactReport(*query, *request, response) : query.status());
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
  auto query = caller.ok() ? ParseTarget(request->target(), rooms_.random) : caller.status();
  const absl::Status status = query.ok() ? CheckNoDataFunctions(*query) : query.status();
  if (!status.ok()) {
    stream->End(status);
    return reactor;
  }
  stream->SetOnDrained([this, id] { rooms_.watch->OnDrained(*id); });
  rooms_.executor->Post([this, id, stream, query = *std::move(query), present = request->present_first()] {
    *id = rooms_.watch->Add(query, present, stream);
  });
  return reactor;
}

}  // namespace orch::hub
