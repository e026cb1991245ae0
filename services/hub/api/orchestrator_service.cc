#include "services/hub/api/orchestrator_service.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/hub/door/client_stream.h"
#include "services/hub/door/grpc_status.h"

namespace orch::hub {
namespace {

void FillDoor(const Door& door, const Reception& reception, v1::DoorStatus* status) {
  const DoorCounters& counters = door.counters();
  status->set_strangers(counters.strangers);
  status->set_connections(counters.open);
  status->set_penalised_networks(counters.penalised);
  status->set_accepted(counters.accepted);
  status->set_turned_away(counters.turned_away);
  status->set_cut_off(counters.cut_off);
  status->set_let_in(counters.let_in);
  status->set_cut(counters.cut);
  const Reception::Counts counts = reception.counts();
  for (const auto& [proof, count] : counts.by_proof) (*status->mutable_by_proof())[proof] = count;
  for (const std::string& caller : counts.whole_psk) status->add_whole_psk(caller);
}

class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryCall(Admission admission) : admission_(std::move(admission)) {}
  explicit UnaryCall(const absl::Status& refused) { Finish(ToGrpcStatus(refused)); }
  std::string caller() const { return admission_.caller(); }
  void OnCancel() override { cancelled_->store(true); }
  void OnDone() override { delete this; }
  // The function may be called after the call has ended.
  std::function<bool()> cancelled() const {
    return [flag = cancelled_] { return flag->load(); };
  }

 private:
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  const Admission admission_;
};

}  // namespace

grpc::ServerUnaryReactor* OrchestratorService::Answer(const char* method, grpc::CallbackServerContext* context,
                                                      std::function<void(const std::string& caller, Done)> work) {
  absl::StatusOr<Admission> admission =
      deps_.reception->Admit(*context, auth::PeerKind::kClient, CallSort::kShort, method);
  if (!admission.ok()) return new UnaryCall(admission.status());
  auto* const call = new UnaryCall(*std::move(admission));
  deps_.executor->Post([call, work = std::move(work)] {
    if (call->cancelled()()) return call->Finish(ToGrpcStatus(absl::CancelledError("the client ended the call")));
    work(call->caller(), [call](const absl::Status& status) { call->Finish(ToGrpcStatus(status)); });
  });
  return call;
}

grpc::ServerUnaryReactor* OrchestratorService::AnswerOffLoop(const char* method, grpc::CallbackServerContext* context,
                                                             OffLoop work) {
  absl::StatusOr<Admission> admission =
      deps_.reception->Admit(*context, auth::PeerKind::kClient, CallSort::kShort, method);
  if (!admission.ok()) return new UnaryCall(admission.status());
  auto* const call = new UnaryCall(*std::move(admission));
  work({call->caller(), call->cancelled()}, [call](const absl::Status& status) { call->Finish(ToGrpcStatus(status)); });
  return call;
}

grpc::ServerWriteReactor<v1::InvokeResponse>* OrchestratorService::Invoke(grpc::CallbackServerContext* context,
                                                                          const v1::InvokeRequest* request) {
  const auto [stream, admission] = Begin<v1::InvokeResponse>("/orch.v1.Orchestrator/Invoke", CallSort::kShort, context);
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  deps_.invocations->Run(*request, admission->caller(), stream);
  return reactor;
}

grpc::ServerWriteReactor<v1::FindNodesResponse>* OrchestratorService::FindNodes(grpc::CallbackServerContext* context,
                                                                                const v1::FindNodesRequest* request) {
  const auto [stream, admission] =
      Begin<v1::FindNodesResponse>("/orch.v1.Orchestrator/FindNodes", CallSort::kShort, context);
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  deps_.fleet_queries->FindNodes(admission->caller(), *request, stream);
  return reactor;
}

grpc::ServerUnaryReactor* OrchestratorService::GetNode(grpc::CallbackServerContext* context,
                                                       const v1::GetNodeRequest* request,
                                                       v1::GetNodeResponse* response) {
  return AnswerOffLoop("/orch.v1.Orchestrator/GetNode", context,
                       [this, request, response](FleetQueries::Asker asker, Done done) {
                         deps_.fleet_queries->GetNode(std::move(asker), request, response, std::move(done));
                       });
}

grpc::ServerUnaryReactor* OrchestratorService::FactReport(grpc::CallbackServerContext* context,
                                                          const v1::FactReportRequest* request,
                                                          v1::FactReportResponse* response) {
  return AnswerOffLoop("/orch.v1.Orchestrator/FactReport", context,
                       [this, request, response](FleetQueries::Asker asker, Done done) {
                         deps_.fleet_queries->FactReport(std::move(asker), request, response, std::move(done));
                       });
}

grpc::ServerUnaryReactor* OrchestratorService::ListPlugins(grpc::CallbackServerContext* context,
                                                           const v1::ListPluginsRequest*,
                                                           v1::ListPluginsResponse* response) {
  return Answer("/orch.v1.Orchestrator/ListPlugins", context, [this, response](const std::string&, const Done& done) {
    deps_.queries->ListPlugins(response);
    done(absl::OkStatus());
  });
}

grpc::ServerUnaryReactor* OrchestratorService::GetPlugin(grpc::CallbackServerContext* context,
                                                         const v1::GetPluginRequest* request,
                                                         v1::GetPluginResponse* response) {
  return Answer("/orch.v1.Orchestrator/GetPlugin", context,
                [this, request, response](const std::string&, const Done& done) {
                  deps_.queries->GetPlugin(request, response, done);
                });
}

grpc::ServerUnaryReactor* OrchestratorService::GetHubStatus(grpc::CallbackServerContext* context,
                                                            const v1::GetHubStatusRequest*,
                                                            v1::GetHubStatusResponse* response) {
  return Answer("/orch.v1.Orchestrator/GetHubStatus", context,
                [this, response](const std::string& caller, const Done& done) {
                  deps_.queries->GetHubStatus(response);
                  response->set_caller(caller);
                  FillDoor(*deps_.door, *deps_.reception, response->mutable_door());
                  done(absl::OkStatus());
                });
}

grpc::ServerWriteReactor<v1::WatchNodesResponse>* OrchestratorService::WatchNodes(
    grpc::CallbackServerContext* context, const v1::WatchNodesRequest* request) {
  const auto id = std::make_shared<NodeWatch::WatchId>(0);  // loop only
  const auto [stream, admission] = Begin<v1::WatchNodesResponse>("/orch.v1.Orchestrator/WatchNodes", CallSort::kWatch,
                                                                 context, [this, id] { deps_.watch->Remove(*id); });
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  stream->SetOnDrained([this, id] { deps_.watch->OnDrained(*id); });
  const std::string caller = admission->caller();
  deps_.fleet_queries->ReadWatch(
      {caller, [stream = stream] { return stream->closed(); }}, *request,
      [this, id, stream = stream, caller, present = request->present_first()](absl::StatusOr<TargetQuery> query) {
        if (!query.ok()) return stream->End(query.status());
        if (!stream->closed()) *id = deps_.watch->Add(*std::move(query), caller, present, stream);
      });
  return reactor;
}

}  // namespace orch::hub
