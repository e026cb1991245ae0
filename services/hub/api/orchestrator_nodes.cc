// The calls of the clients' service that list and forget nodes.
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/hub/api/orchestrator_service.h"
#include "services/hub/audit/audited.h"

namespace orch::hub {
namespace {

constexpr int kMaxForgetNames = 1000;

absl::Status CheckForget(const v1::ForgetNodesRequest& request) {
  if (request.identities_size() == 0 || request.identities_size() > kMaxForgetNames) {
    return absl::InvalidArgumentError(absl::StrCat("identities must name 1 to ", kMaxForgetNames, " nodes to forget; ",
                                                   request.identities_size(), " are named"));
  }
  for (const std::string& identity : request.identities()) {
    if (!filter::IsIdentity(identity)) {
      return absl::InvalidArgumentError(absl::StrCat("'", identity.substr(0, 255), "' is no identity of a node"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* OrchestratorService::ListNodes(grpc::CallbackServerContext* context,
                                                         const v1::ListNodesRequest* request,
                                                         v1::ListNodesResponse* response) {
  return deps_.calls->AnswerOffLoop({"/orch.v1.Orchestrator/ListNodes", v1::READ, CallSort::kShort,
                                     ClientCalls::Trace::kRecorded, ClientCalls::Size::kLarge},
                                    context,
                                    [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                                      deps_.fleet_queries->ListNodes(asker, request, response, done);
                                    });
}

grpc::ServerUnaryReactor* OrchestratorService::ForgetNodes(grpc::CallbackServerContext* context,
                                                           const v1::ForgetNodesRequest* request,
                                                           v1::ForgetNodesResponse* response) {
  return deps_.calls->Answer(
      {"/orch.v1.Orchestrator/ForgetNodes", v1::ADMINISTER}, context,
      [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
        if (absl::Status status = CheckForget(*request); !status.ok()) return done(status);
        const std::vector<std::string> names(request->identities().begin(), request->identities().end());
        const auth::AuditRecord record = {"node.forget", "allowed", asker.caller.id, "", {{"nodes", names}}};
        if (absl::Status written = WriteBefore(deps_.audit, record); !written.ok()) return done(written);
        deps_.fleet->Forget(names, absl::StrCat("forgotten by ", asker.caller.id),
                            [response, done = RecordFailure(deps_.audit, record, done)](
                                const absl::StatusOr<v1::ForgetNodesResponse>& answer) {
                              if (answer.ok()) *response = *answer;
                              done(answer.status());
                            });
      });
}

}  // namespace orch::hub
