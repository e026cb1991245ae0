// The calls of the clients' service about stored jobs and about events.
#include <memory>
#include <utility>

#include "auth/audit/audit_line.h"
#include "services/hub/api/orchestrator_service.h"
#include "services/hub/audit/audited.h"
#include "services/hub/door/client_stream.h"

namespace orch::hub {
namespace {

constexpr char kGetJob[] = "/orch.v1.Orchestrator/GetJob";
constexpr char kListJobs[] = "/orch.v1.Orchestrator/ListJobs";
constexpr char kListReplies[] = "/orch.v1.Orchestrator/ListReplies";

// Which events a caller who does not see every node is told: those of its own jobs and of the nodes that it sees.
EventLog::Wanted OwnEvents(std::shared_ptr<const Visibility> visible, const Registry* registry, std::string caller) {
  return [visible = std::move(visible), registry, caller = std::move(caller)](const EventLog::Event& event) {
    if (event.has_job()) return event.job().caller() == caller;
    const NodeRecord* const record = registry->Find(event.identity());
    if (record == nullptr) return false;
    ColumnNames names;
    visible->AddColumns(&names);
    SlotSet node;
    node.Insert(record->slot);
    StepBudget budget;
    const auto seen = visible->Select(registry->Freeze(names).facts, node, &budget);
    return seen.ok() && seen->contains(record->slot);
  };
}

auth::AuditRecord PruneRecord(const v1::PruneJobsRequest& request, const std::string& caller) {
  auth::AuditRecord record = {"job.prune", "allowed", caller, "", {{"keep", request.keep()}}};
  if (request.finished_before_us() > 0) {
    record.details["finished_before"] = auth::AuditTimeText(absl::FromUnixMicros(request.finished_before_us()));
  }
  return record;
}

}  // namespace

grpc::ServerUnaryReactor* OrchestratorService::GetJob(grpc::CallbackServerContext* context,
                                                      const v1::GetJobRequest* request, v1::GetJobResponse* response) {
  return deps_.calls->Answer({kGetJob, v1::VERB_UNSPECIFIED}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               deps_.guard->MayRead(asker.caller, request->job_id(), kGetJob,
                                                    [this, request, response, done](const absl::Status& may) {
                                                      if (!may.ok()) return done(may);
                                                      deps_.jobs->GetJob(*request, response, done);
                                                    });
                             });
}

grpc::ServerUnaryReactor* OrchestratorService::ListJobs(grpc::CallbackServerContext* context,
                                                        const v1::ListJobsRequest* request,
                                                        v1::ListJobsResponse* response) {
  return deps_.calls->Answer({kListJobs, v1::VERB_UNSPECIFIED}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               v1::ListJobsRequest asked = *request;
                               if (!deps_.access->SeesEveryNode(asker.caller)) {
                                 // Who does not see every node sees the jobs that are its own.
                                 if (!asked.caller().empty() && asked.caller() != asker.caller.id) {
                                   return done(absl::OkStatus());
                                 }
                                 asked.set_caller(asker.caller.id);
                               } else if (absl::Status may = deps_.access->Check(asker.caller, v1::READ, kListJobs);
                                          !may.ok()) {
                                 return done(may);
                               }
                               deps_.jobs->ListJobs(asked, response, done);
                             });
}

grpc::ServerUnaryReactor* OrchestratorService::ListReplies(grpc::CallbackServerContext* context,
                                                           const v1::ListRepliesRequest* request,
                                                           v1::ListRepliesResponse* response) {
  return deps_.calls->Answer(
      {kListReplies, v1::VERB_UNSPECIFIED, CallSort::kShort, ClientCalls::Trace::kRecorded, ClientCalls::Size::kLarge},
      context, [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
        deps_.guard->MayRead(asker.caller, request->job_id(), kListReplies,
                             [this, request, response, done](const absl::Status& may) {
                               if (!may.ok()) return done(may);
                               deps_.jobs->ListReplies(*request, response, done);
                             });
      });
}

grpc::ServerUnaryReactor* OrchestratorService::PruneJobs(grpc::CallbackServerContext* context,
                                                         const v1::PruneJobsRequest* request,
                                                         v1::PruneJobsResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Orchestrator/PruneJobs", v1::ADMINISTER}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               const auth::AuditRecord record = PruneRecord(*request, asker.caller.id);
                               if (absl::Status written = WriteBefore(deps_.audit, record); !written.ok()) {
                                 return done(written);
                               }
                               deps_.jobs->PruneJobs(*request, asker.caller.id, response,
                                                     RecordFailure(deps_.audit, record, done));
                             });
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* OrchestratorService::WatchEvents(
    grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) {
  const auto id = std::make_shared<EventLog::WatchId>(0);  // loop only
  const auto [stream, admission] =
      deps_.calls->Begin<v1::WatchEventsResponse>({"/orch.v1.Orchestrator/WatchEvents", v1::READ, CallSort::kWatch},
                                                  context, [this, id] { deps_.events->Remove(*id); });
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  stream->SetOnDrained([this, id] { deps_.events->OnDrained(*id); });
  deps_.executor->Post([this, id, stream = stream, request = *request, caller = auth::CallerOf(admission->peer())] {
    EventLog::Wanted wanted;
    if (auto visible = deps_.access->VisibleTo(caller)) {
      wanted = OwnEvents(std::move(visible), deps_.registry, caller.id);
    }
    const auto watch = deps_.events->Add(request, stream, std::move(wanted));
    if (watch.ok()) {
      *id = *watch;
    } else {
      stream->End(watch.status());
    }
  });
  return reactor;
}

}  // namespace orch::hub
