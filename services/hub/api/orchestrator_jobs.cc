// The calls of the clients' service about jobs that were started before.
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/hub/api/orchestrator_service.h"
#include "services/hub/audit/audited.h"
#include "services/hub/door/client_stream.h"

namespace orch::hub {
namespace {

constexpr char kWatchJob[] = "/orch.v1.Orchestrator/WatchJob";
constexpr char kControlJob[] = "/orch.v1.Orchestrator/ControlJob";

auth::AuditRecord ControlRecord(const v1::ControlJobRequest& request, const std::string& caller) {
  const std::string verb = absl::AsciiStrToLower(v1::ControlJobRequest::Verb_Name(request.verb()));
  return {absl::StrCat("job.", verb), "allowed", caller, request.reason(), {{"job", request.job_id()}}};
}

}  // namespace

grpc::ServerWriteReactor<v1::InvokeResponse>* OrchestratorService::WatchJob(grpc::CallbackServerContext* context,
                                                                            const v1::WatchJobRequest* request) {
  const auto [stream, admission] =
      deps_.calls->Begin<v1::InvokeResponse>({kWatchJob, v1::VERB_UNSPECIFIED, CallSort::kWatch}, context);
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  deps_.executor->Post([this, stream = stream, request = *request, caller = auth::CallerOf(admission->peer())] {
    deps_.guard->MayRead(caller, request.job_id(), kWatchJob, [this, stream, request](const absl::Status& may) {
      if (!may.ok()) return stream->End(may);
      deps_.dispatcher->Watch(request, stream);
    });
  });
  return reactor;
}

grpc::ServerUnaryReactor* OrchestratorService::ControlJob(grpc::CallbackServerContext* context,
                                                          const v1::ControlJobRequest* request,
                                                          v1::ControlJobResponse* response) {
  return deps_.calls->Answer(
      {kControlJob, v1::VERB_UNSPECIFIED}, context,
      [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
        auto control = [this, request, response, caller = asker.caller.id, done](const absl::Status& may) {
          if (!may.ok()) return done(may);
          const auth::AuditRecord record = ControlRecord(*request, caller);
          if (absl::Status written = WriteBefore(deps_.audit, record); !written.ok()) return done(written);
          deps_.dispatcher->Control(
              *request, caller,
              [response, done = RecordFailure(deps_.audit, record, done)](absl::StatusOr<v1::Job> job) {
                const absl::Status status = job.status();
                if (job.ok()) *response->mutable_job() = *std::move(job);
                done(status);
              });
        };
        deps_.guard->MaySteer(asker.caller, request->job_id(), kControlJob, std::move(control));
      });
}

grpc::ServerUnaryReactor* OrchestratorService::ListLocks(grpc::CallbackServerContext* context,
                                                         const v1::ListLocksRequest*, v1::ListLocksResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Orchestrator/ListLocks", v1::READ}, context,
                             [this, response](const Asker& asker, const ClientCalls::Done& done) {
                               v1::ListLocksResponse all;
                               deps_.dispatcher->locks().List(&all);
                               for (v1::ListLocksResponse::Lock& lock : *all.mutable_locks()) {
                                 if (deps_.access->MaySeeJobOf(asker.caller, lock.caller())) {
                                   *response->add_locks() = std::move(lock);
                                 }
                               }
                               done(absl::OkStatus());
                             });
}

}  // namespace orch::hub
