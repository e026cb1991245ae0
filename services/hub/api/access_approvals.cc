// The calls about jobs that wait for approval.
#include "services/hub/api/access_service.h"

namespace orch::hub {

grpc::ServerUnaryReactor* AccessService::ListApprovals(grpc::CallbackServerContext* context,
                                                       const v1::ListApprovalsRequest* request,
                                                       v1::ListApprovalsResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/ListApprovals", v1::VERB_UNSPECIFIED}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               done(deps_.approvals->List(asker.caller, *request, response));
                             });
}

grpc::ServerUnaryReactor* AccessService::DecideApproval(grpc::CallbackServerContext* context,
                                                        const v1::DecideApprovalRequest* request,
                                                        v1::DecideApprovalResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/DecideApproval", v1::VERB_UNSPECIFIED}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               deps_.approvals->Decide(asker.caller, *request,
                                                       [response, done](absl::StatusOr<v1::Approval> approval) {
                                                         const absl::Status status = approval.status();
                                                         if (approval.ok()) {
                                                           *response->mutable_approval() = *std::move(approval);
                                                         }
                                                         done(status);
                                                       });
                             });
}

}  // namespace orch::hub
