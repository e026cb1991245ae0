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

// Leaves out what names nodes and callers.
void HideNames(v1::GetHubStatusResponse* response) {
  response->clear_identity_conflicts();
  response->clear_clock_skew_ms();
  response->mutable_door()->clear_whole_psk();
}

void FillAccess(const AccessControl& access, const Approvals& approvals, v1::GetHubStatusResponse* response) {
  response->set_approvals_waiting(static_cast<uint32_t>(approvals.waiting()));
  if (const std::string& fault = access.rules()->fault; !fault.empty()) {
    response->add_problems(absl::StrCat("the access file denies everything until it is mended: ", fault));
  }
}

}  // namespace

grpc::ServerWriteReactor<v1::InvokeResponse>* OrchestratorService::Invoke(grpc::CallbackServerContext* context,
                                                                          const v1::InvokeRequest* request) {
  const auto [stream, admission] = deps_.calls->Begin<v1::InvokeResponse>(
      {"/orch.v1.Orchestrator/Invoke", v1::VERB_UNSPECIFIED, CallSort::kShort}, context);
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  deps_.invocations->Run(*request, auth::CallerOf(admission->peer()), stream);
  return reactor;
}

grpc::ServerWriteReactor<v1::FindNodesResponse>* OrchestratorService::FindNodes(grpc::CallbackServerContext* context,
                                                                                const v1::FindNodesRequest* request) {
  const auto [stream, admission] = deps_.calls->Begin<v1::FindNodesResponse>(
      {"/orch.v1.Orchestrator/FindNodes", v1::READ, CallSort::kShort}, context);
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  deps_.fleet_queries->FindNodes(
      {auth::CallerOf(admission->peer()), "", 0, [stream = stream] { return stream->closed(); }}, *request, stream);
  return reactor;
}

grpc::ServerUnaryReactor* OrchestratorService::GetNode(grpc::CallbackServerContext* context,
                                                       const v1::GetNodeRequest* request,
                                                       v1::GetNodeResponse* response) {
  return deps_.calls->AnswerOffLoop({"/orch.v1.Orchestrator/GetNode", v1::READ, CallSort::kShort,
                                     ClientCalls::Trace::kRecorded, ClientCalls::Size::kLarge},
                                    context,
                                    [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                                      deps_.fleet_queries->GetNode(asker, request, response, done);
                                    });
}

grpc::ServerUnaryReactor* OrchestratorService::FactReport(grpc::CallbackServerContext* context,
                                                          const v1::FactReportRequest* request,
                                                          v1::FactReportResponse* response) {
  return deps_.calls->AnswerOffLoop({"/orch.v1.Orchestrator/FactReport", v1::READ, CallSort::kShort,
                                     ClientCalls::Trace::kRecorded, ClientCalls::Size::kLarge},
                                    context,
                                    [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                                      deps_.fleet_queries->FactReport(asker, request, response, done);
                                    });
}

grpc::ServerUnaryReactor* OrchestratorService::ListPlugins(grpc::CallbackServerContext* context,
                                                           const v1::ListPluginsRequest*,
                                                           v1::ListPluginsResponse* response) {
  return deps_.calls->Answer(
      {"/orch.v1.Orchestrator/ListPlugins", v1::READ, CallSort::kShort, ClientCalls::Trace::kQuiet}, context,
      [this, response](const Asker& asker, const ClientCalls::Done& done) {
        deps_.queries->ListPlugins(response);
        if (!deps_.access->SeesEveryNode(asker.caller)) {
          for (auto& failed : *response->mutable_failed()) failed.clear_identities();
        }
        done(absl::OkStatus());
      });
}

grpc::ServerUnaryReactor* OrchestratorService::GetPlugin(grpc::CallbackServerContext* context,
                                                         const v1::GetPluginRequest* request,
                                                         v1::GetPluginResponse* response) {
  return deps_.calls->Answer(
      {"/orch.v1.Orchestrator/GetPlugin", v1::READ, CallSort::kShort, ClientCalls::Trace::kQuiet}, context,
      [this, request, response](const Asker&, const ClientCalls::Done& done) {
        deps_.queries->GetPlugin(request, response, done);
      });
}

grpc::ServerUnaryReactor* OrchestratorService::GetHubStatus(grpc::CallbackServerContext* context,
                                                            const v1::GetHubStatusRequest*,
                                                            v1::GetHubStatusResponse* response) {
  return deps_.calls->Answer(
      {"/orch.v1.Orchestrator/GetHubStatus", v1::READ, CallSort::kShort, ClientCalls::Trace::kQuiet}, context,
      [this, response](const Asker& asker, const ClientCalls::Done& done) {
        deps_.queries->GetHubStatus(response);
        response->set_caller(asker.caller.id);
        FillDoor(*deps_.door, *deps_.reception, response->mutable_door());
        FillAccess(*deps_.access, *deps_.approvals, response);
        if (!deps_.access->SeesEveryNode(asker.caller)) HideNames(response);
        done(absl::OkStatus());
      });
}

grpc::ServerWriteReactor<v1::WatchNodesResponse>* OrchestratorService::WatchNodes(
    grpc::CallbackServerContext* context, const v1::WatchNodesRequest* request) {
  const auto id = std::make_shared<NodeWatch::WatchId>(0);  // loop only
  const auto [stream, admission] =
      deps_.calls->Begin<v1::WatchNodesResponse>({"/orch.v1.Orchestrator/WatchNodes", v1::READ, CallSort::kWatch},
                                                 context, [this, id] { deps_.watch->Remove(*id); });
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  stream->SetOnDrained([this, id] { deps_.watch->OnDrained(*id); });
  const std::string caller = admission->caller();
  deps_.fleet_queries->ReadWatch(
      {auth::CallerOf(admission->peer()), "", 0, [stream = stream] { return stream->closed(); }}, *request,
      [this, id, stream = stream, caller, present = request->present_first()](absl::StatusOr<TargetQuery> query) {
        if (!query.ok()) return stream->End(query.status());
        if (!stream->closed()) *id = deps_.watch->Add(*std::move(query), caller, present, stream);
      });
  return reactor;
}

}  // namespace orch::hub
