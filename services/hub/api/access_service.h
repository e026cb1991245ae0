// The clients' service about who may do what: passes each call to the part of the hub that answers it. Owned by the
// hub; any thread. Decides nothing.
#pragma once

#include <string>
#include <utility>

#include "orch/v1/access_service.grpc.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/approvals.h"
#include "services/hub/api/auth_status.h"
#include "services/hub/api/client_calls.h"
#include "services/hub/audit/audit_feed.h"
#include "services/hub/fleet/key_rotation.h"
#include "services/hub/keys/key_desk.h"
#include "services/hub/labels/label_table.h"
#include "services/hub/nodes/questions.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/work_pool.h"

namespace orch::hub {

class AccessService final : public v1::Access::CallbackService {
 public:
  struct Dependencies {
    ClientCalls* calls;
    const AccessControl* access;
    Approvals* approvals;  // on the loop
    Questions* questions;
    Executor* executor;
    AuditFeeds* audit;
    KeyDesk* desk;  // on the loop
    const AuthStatus* auth_status;
    KeyRotation* rotation;
    WorkPool* pool;
    std::string audit_file;    // empty: none
    std::string hub_address;   // how nodes reach the hub, as far as the hub knows
    LabelTable* labels;        // on the loop
    const Registry* registry;  // likewise
  };
  explicit AccessService(Dependencies dependencies) : deps_(std::move(dependencies)) {}

  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context, const v1::WhoAmIRequest* request,
                                   v1::WhoAmIResponse* response) override;
  grpc::ServerUnaryReactor* TestAccess(grpc::CallbackServerContext* context, const v1::TestAccessRequest* request,
                                       v1::TestAccessResponse* response) override;
  grpc::ServerUnaryReactor* LintAccess(grpc::CallbackServerContext* context, const v1::LintAccessRequest* request,
                                       v1::LintAccessResponse* response) override;
  grpc::ServerUnaryReactor* DiffAccess(grpc::CallbackServerContext* context, const v1::DiffAccessRequest* request,
                                       v1::DiffAccessResponse* response) override;
  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* context, const v1::CreateTokenRequest* request,
                                        v1::CreateTokenResponse* response) override;
  grpc::ServerUnaryReactor* ListTokens(grpc::CallbackServerContext* context, const v1::ListTokensRequest* request,
                                       v1::ListTokensResponse* response) override;
  grpc::ServerUnaryReactor* RevokeToken(grpc::CallbackServerContext* context, const v1::RevokeTokenRequest* request,
                                        v1::RevokeTokenResponse* response) override;
  grpc::ServerUnaryReactor* ApproveNodes(grpc::CallbackServerContext* context, const v1::ApproveNodesRequest* request,
                                         v1::ApproveNodesResponse* response) override;
  grpc::ServerUnaryReactor* BanPeers(grpc::CallbackServerContext* context, const v1::BanPeersRequest* request,
                                     v1::BanPeersResponse* response) override;
  grpc::ServerUnaryReactor* LabelNodes(grpc::CallbackServerContext* context, const v1::LabelNodesRequest* request,
                                       v1::LabelNodesResponse* response) override;
  grpc::ServerUnaryReactor* GetAuthStatus(grpc::CallbackServerContext* context, const v1::GetAuthStatusRequest* request,
                                          v1::GetAuthStatusResponse* response) override;
  grpc::ServerUnaryReactor* RotateKeys(grpc::CallbackServerContext* context, const v1::RotateKeysRequest* request,
                                       v1::RotateKeysResponse* response) override;
  grpc::ServerUnaryReactor* ListApprovals(grpc::CallbackServerContext* context, const v1::ListApprovalsRequest* request,
                                          v1::ListApprovalsResponse* response) override;
  grpc::ServerUnaryReactor* DecideApproval(grpc::CallbackServerContext* context,
                                           const v1::DecideApprovalRequest* request,
                                           v1::DecideApprovalResponse* response) override;
  grpc::ServerUnaryReactor* VerifyAudit(grpc::CallbackServerContext* context, const v1::VerifyAuditRequest* request,
                                        v1::VerifyAuditResponse* response) override;
  grpc::ServerWriteReactor<v1::ReadAuditResponse>* ReadAudit(grpc::CallbackServerContext* context,
                                                             const v1::ReadAuditRequest* request) override;

 private:
  const Dependencies deps_;
};

}  // namespace orch::hub
