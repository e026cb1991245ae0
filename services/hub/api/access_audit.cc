// The calls about the audit log.
#include <utility>

#include "services/hub/api/access_service.h"

namespace orch::hub {

grpc::ServerUnaryReactor* AccessService::VerifyAudit(grpc::CallbackServerContext* context,
                                                     const v1::VerifyAuditRequest* /*request*/,
                                                     v1::VerifyAuditResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/VerifyAudit", v1::ADMINISTER}, context,
                             [this, response](const Asker& asker, const ClientCalls::Done& done) {
                               deps_.audit->Verify(asker.caller.id, response, done);
                             });
}

grpc::ServerWriteReactor<v1::ReadAuditResponse>* AccessService::ReadAudit(grpc::CallbackServerContext* context,
                                                                          const v1::ReadAuditRequest* request) {
  const auto [stream, admission] = deps_.calls->Begin<v1::ReadAuditResponse>(
      {"/orch.v1.Access/ReadAudit", v1::ADMINISTER, CallSort::kWatch}, context);
  auto* const reactor = stream.get();
  if (admission == nullptr) return reactor;
  deps_.executor->Post([this, stream = stream, request = *request, caller = auth::CallerOf(admission->peer()).id] {
    deps_.audit->Read(request, caller, stream);
  });
  return reactor;
}

}  // namespace orch::hub
