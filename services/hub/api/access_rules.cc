// The calls about the rules in force.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/audit/audit_cursor.h"
#include "auth/audit/audit_filter.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "services/hub/access/access_diff.h"
#include "services/hub/access/access_tester.h"
#include "services/hub/api/access_service.h"

namespace orch::hub {
namespace {

constexpr char kTestAccess[] = "/orch.v1.Access/TestAccess";

constexpr size_t kMaxRulesBytes = 1u << 20;
constexpr int kLinesALook = 1000;  // before it is asked whether anybody still waits

// Reads the audit log and decides each recorded request by the other rules. Blocks.
absl::Status Compare(const std::string& audit_file, const v1::DiffAccessRequest& request,
                     const std::function<bool()>& cancelled, v1::DiffAccessResponse* response) {
  if (audit_file.empty()) return absl::FailedPreconditionError("this hub keeps no audit log (audit.file)");
  if (request.access_yaml().size() > kMaxRulesBytes) {
    return absl::InvalidArgumentError(absl::StrCat("access_yaml must be at most ", kMaxRulesBytes, " bytes"));
  }
  std::vector<auth::AccessProblem> problems;
  ORCH_ASSIGN_OR_RETURN(auth::AccessRules rules,
                        auth::AccessRules::Parse(request.access_yaml(), "the new rules", &problems));
  AccessDiff diff(std::move(rules));
  auth::AuditFilter filter;
  filter.since = absl::FromUnixMicros(request.since_us());
  const auth::AuditMatcher matcher(filter);
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<auth::AuditCursor> cursor, auth::AuditCursor::Open(audit_file, 0));
  for (int lines = 1;; ++lines) {
    if (lines % kLinesALook == 0 && cancelled()) return absl::CancelledError("the client ended the call");
    ORCH_ASSIGN_OR_RETURN(const std::optional<absl::string_view> line, cursor->Next());
    if (!line.has_value()) break;
    if (!AccessDiff::MayDecide(*line) || !matcher.Matches(*line)) continue;
    if (const auto record = ParseJsonObject(*line, "a record"); record.ok()) diff.Add(*record);
  }
  diff.Fill(response);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AccessService::WhoAmI(grpc::CallbackServerContext* context, const v1::WhoAmIRequest*,
                                                v1::WhoAmIResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/WhoAmI", v1::VERB_UNSPECIFIED}, context,
                             [this, response](const Asker& asker, const ClientCalls::Done& done) {
                               const auto in_force = deps_.access->rules();
                               response->set_caller(asker.caller.id);
                               response->set_proof(asker.proof);
                               response->set_key_expires_us(asker.key_expires_us);
                               for (std::string& group : in_force->rules.GroupsOf(asker.caller))
                                 response->add_groups(std::move(group));
                               for (const std::string& group : asker.caller.unix_groups)
                                 response->add_groups(absl::StrCat(auth::kUnixGroup, "=", group));
                               for (const std::string& group : asker.caller.oidc_groups)
                                 response->add_groups(absl::StrCat(auth::kOidcGroup, "=", group));
                               for (std::string& role : in_force->rules.RolesOf(asker.caller))
                                 response->add_roles(std::move(role));
                               done(absl::OkStatus());
                             });
}

grpc::ServerUnaryReactor* AccessService::TestAccess(grpc::CallbackServerContext* context,
                                                    const v1::TestAccessRequest* request,
                                                    v1::TestAccessResponse* response) {
  return deps_.calls->AnswerOffLoop(
      {kTestAccess, v1::VERB_UNSPECIFIED}, context,
      [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
        if (!request->caller().empty() && request->caller() != asker.caller.id) {
          if (absl::Status may = deps_.access->Check(asker.caller, v1::ADMINISTER, kTestAccess); !may.ok()) {
            return done(may);
          }
        }
        auto tester = std::make_shared<std::unique_ptr<AccessTester>>();
        Questions::Question question;
        question.caller = asker.caller.id;
        question.cancelled = asker.cancelled;
        question.read = [this, request, caller = asker.caller, tester](ColumnNames* names) {
          auto read = AccessTester::Read(deps_.access->rules(), caller, *request, deps_.access->clock().Now());
          if (!read.ok()) return read.status();
          *tester = std::make_unique<AccessTester>(*std::move(read));
          (*tester)->AddColumns(names);
          return names->Check();
        };
        question.answer = [tester, response](const FleetSnapshot& fleet, StepBudget* budget) {
          return (*tester)->Answer(fleet.facts, budget, response);
        };
        question.done = done;
        deps_.questions->Ask(std::move(question));
      });
}

grpc::ServerUnaryReactor* AccessService::LintAccess(grpc::CallbackServerContext* context, const v1::LintAccessRequest*,
                                                    v1::LintAccessResponse* response) {
  return deps_.calls->Answer(
      {"/orch.v1.Access/LintAccess", v1::ADMINISTER}, context,
      [this, response](const Asker&, const ClientCalls::Done& done) {
        const auto in_force = deps_.access->rules();
        for (const auth::AccessProblem& problem : in_force->problems) {
          v1::AccessProblem* const out = response->add_problems();
          out->set_place(problem.place);
          out->set_text(problem.text);
          out->set_fatal(problem.fatal);
        }
        for (const auth::AccessProblem& problem : deps_.access->policies()->problems()) {
          v1::AccessProblem* const out = response->add_problems();
          out->set_place(problem.place);
          out->set_text(problem.text);
          out->set_fatal(problem.fatal);
        }
        for (const std::string& file : deps_.access->policies()->files()) response->add_files(file);
        response->add_files(absl::StrCat(in_force->source, ": ", in_force->rules.rules().size(), " rules"));
        done(absl::OkStatus());
      });
}

grpc::ServerUnaryReactor* AccessService::DiffAccess(grpc::CallbackServerContext* context,
                                                    const v1::DiffAccessRequest* request,
                                                    v1::DiffAccessResponse* response) {
  return deps_.calls->AnswerOffLoop(
      {"/orch.v1.Access/DiffAccess", v1::ADMINISTER}, context,
      [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
        const absl::StatusOr<WorkPool::Place> place = deps_.pool->Enter(asker.caller.id);
        if (!place.ok()) return done(place.status());
        deps_.pool->Run(*place, [path = deps_.audit_file, request, response, cancelled = asker.cancelled, done] {
          done(Compare(path, *request, cancelled, response));
        });
      });
}

}  // namespace orch::hub
