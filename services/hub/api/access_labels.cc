// The call about labels of nodes.
#include <algorithm>
#include <utility>

#include "auth/audit/audit_sink.h"
#include "base/status_macros.h"
#include "services/hub/api/access_service.h"

namespace orch::hub {
namespace {

LabelTable::Change ChangeOf(const v1::LabelNodesRequest& request) {
  LabelTable::Change change;
  change.identities = {request.identities().begin(), request.identities().end()};
  change.set = {request.set().begin(), request.set().end()};
  change.remove = {request.remove().begin(), request.remove().end()};
  return change;
}

auth::AuditRecord RecordOf(const LabelTable::Change& change, const auth::Caller& caller) {
  auth::AuditRecord record{"node.label", "changed", caller.id, "", Json::object()};
  record.details = {{"nodes", change.identities}, {"set", Json::object()}, {"removed", change.remove}};
  for (const auto& [name, value] : change.set) record.details["set"][name] = value;
  return record;
}

}  // namespace

grpc::ServerUnaryReactor* AccessService::LabelNodes(grpc::CallbackServerContext* context,
                                                    const v1::LabelNodesRequest* request,
                                                    v1::LabelNodesResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/LabelNodes", v1::ADMINISTER}, context,
                             [deps = deps_, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               LabelTable::Change change = ChangeOf(*request);
                               if (const absl::Status bad = deps.labels->Check(change); !bad.ok()) return done(bad);
                               auth::AuditRecord record = RecordOf(change, asker.caller);
                               if (const absl::Status noted = deps.access->Record(record); !noted.ok())
                                 return done(noted);
                               for (const std::string& identity : change.identities) {
                                 if (deps.registry->Find(identity) == nullptr) response->add_unknown(identity);
                               }
                               deps.labels->Apply(std::move(change),
                                                  [deps, response, done, record = std::move(record)](
                                                      absl::StatusOr<std::vector<std::string>> changed) mutable {
                                                    if (!changed.ok()) {
                                                      record.decision = "refused";
                                                      record.reason = std::string(changed.status().message());
                                                      deps.access->Record(record).IgnoreError();
                                                      return done(changed.status());
                                                    }
                                                    std::sort(changed->begin(), changed->end());
                                                    for (std::string& identity : *changed)
                                                      response->add_changed(std::move(identity));
                                                    done(absl::OkStatus());
                                                  });
                             });
}

}  // namespace orch::hub
