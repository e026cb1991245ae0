#include "services/hub/access/access_tester.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/access/describe_rule.h"
#include "base/status_macros.h"
#include "services/hub/access/rule_division.h"

namespace orch::hub {
namespace {

absl::StatusOr<auth::Verb> VerbOf(const v1::TestAccessRequest& request) {
  switch (request.verb()) {
    case v1::READ:
      return auth::Verb::kRead;
    case v1::INVOKE:
      return auth::Verb::kInvoke;
    case v1::CONTROL:
      return auth::Verb::kControl;
    case v1::ADMINISTER:
      return auth::Verb::kAdminister;
    case v1::VERB_UNSPECIFIED:
      return request.plugin().empty() ? auth::Verb::kRead : auth::Verb::kInvoke;
    default:
      return absl::InvalidArgumentError("verb must be READ, INVOKE, CONTROL or ADMINISTER");
  }
}

// One caller, not a word that fits several.
absl::Status CheckCaller(const std::string& text) {
  ORCH_ASSIGN_OR_RETURN(const auth::CallerPattern word, auth::CallerPattern::Parse(text));
  if (!word.is_everybody() && !word.is_group() && !word.is_regex()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "caller must be one caller, such as client=alice, cert=deploy or user=bob; unix_groups and oidc_groups have its "
      "groups");
}

}  // namespace

absl::StatusOr<AccessTester> AccessTester::Read(std::shared_ptr<const RulesInForce> rules, const auth::Caller& asker,
                                                const v1::TestAccessRequest& request, absl::Time now) {
  AccessTester tester;
  tester.rules_ = std::move(rules);
  auth::AccessRequest& asked = tester.request_;
  asked.caller = asker;
  if (!request.caller().empty() && request.caller() != asker.id) {
    asked.caller = {request.caller(),
                    {request.unix_groups().begin(), request.unix_groups().end()},
                    {request.oidc_groups().begin(), request.oidc_groups().end()}};
    ORCH_RETURN_IF_ERROR(CheckCaller(request.caller()));
  }
  ORCH_ASSIGN_OR_RETURN(asked.verb, VerbOf(request));
  if (asked.verb == auth::Verb::kInvoke && (request.plugin().empty() || request.action().empty())) {
    return absl::InvalidArgumentError("plugin and action must both be set to test INVOKE");
  }
  if (request.identities_size() > kMaxIdentities) {
    return absl::InvalidArgumentError(absl::StrCat("at most ", kMaxIdentities, " identities are tested at once"));
  }
  asked.plugin = request.plugin();
  asked.action = request.action();
  asked.collective = request.collective();
  asked.now = request.at_us() == 0 ? now : absl::FromUnixMicros(request.at_us());
  tester.has_inputs_ = !request.inputs_json().empty();
  ORCH_ASSIGN_OR_RETURN(tester.inputs_, ParseJsonObject(request.inputs_json(), "inputs_json"));
  tester.identities_.assign(request.identities().begin(), request.identities().end());
  asked.inputs = tester.has_inputs_ ? &tester.inputs_ : nullptr;
  tester.speaking_ = tester.rules_->rules.For(asked);
  asked.inputs = nullptr;  // the tester moves
  auth::AccessRequest read = asked;
  read.verb = auth::Verb::kRead;
  tester.readable_ = tester.rules_->rules.For(read);
  return tester;
}

void AccessTester::AddColumns(ColumnNames* names) const {
  AddRuleColumns(speaking_, names);
  AddRuleColumns(readable_, names);
}

absl::Status AccessTester::Answer(const FactSnapshot& facts, StepBudget* budget,
                                  v1::TestAccessResponse* response) const {
  if (identities_.empty()) {
    DecideWithoutNodes(response);
  } else {
    ORCH_RETURN_IF_ERROR(DecideNodes(facts, budget, response));
  }
  Consider(response);
  return absl::OkStatus();
}

void AccessTester::DecideWithoutNodes(v1::TestAccessResponse* response) const {
  const bool for_some = request_.verb == auth::Verb::kRead || request_.verb == auth::Verb::kInvoke;
  const auth::AccessDecision general =
      for_some ? auth::DecideForSomeNode(speaking_, request_.now) : auth::DecideForEveryNode(speaking_, request_.now);
  v1::TestAccessResponse::Decision* const decision = response->add_decisions();
  decision->set_allowed(general.allowed);
  if (general.rule != nullptr) decision->set_rule(general.rule->place);
  if (!general.allowed || general.rule == nullptr) return decision->set_reason(DenialText(*rules_, general));
  if (!general.rule->nodes.empty()) decision->set_reason("for the nodes that the rule names");
  for (const std::string& demand : auth::DemandsOf(*general.rule)) {
    response->add_conditions(absl::StrCat(demand, " (", general.rule->place, ")"));
  }
}

absl::Status AccessTester::DecideNodes(const FactSnapshot& facts, StepBudget* budget,
                                       v1::TestAccessResponse* response) const {
  SlotSet nodes(facts.names().slots());
  for (const std::string& identity : identities_) {
    if (const Slot slot = facts.names().Find(identity); slot != kNoSlot) nodes.Insert(slot);
  }
  ORCH_ASSIGN_OR_RETURN(const std::vector<RuleShare> shares,
                        DivideAmongRules(speaking_, request_.now, facts, nodes, budget));
  ORCH_ASSIGN_OR_RETURN(const std::vector<RuleShare> reading,
                        DivideAmongRules(readable_, request_.now, facts, nodes, budget));
  std::vector<const auth::AccessRule*> allowing;
  for (const std::string& identity : identities_) {
    v1::TestAccessResponse::Decision* const decision = response->add_decisions();
    decision->set_identity(identity);
    const Slot slot = facts.names().Find(identity);
    if (slot == kNoSlot) {
      decision->set_reason("the hub has never seen this node");
      continue;
    }
    for (const RuleShare& share : shares) {
      if (!share.nodes.contains(slot)) continue;
      decision->set_allowed(share.allowed);
      if (share.rule != nullptr) decision->set_rule(share.rule->place);
      if (!share.allowed) decision->set_reason(DenialText(share, rules_->source));
      if (share.allowed && std::find(allowing.begin(), allowing.end(), share.rule) == allowing.end()) {
        allowing.push_back(share.rule);
      }
    }
    bool readable = false;
    for (const RuleShare& share : reading) readable = readable || (share.allowed && share.nodes.contains(slot));
    decision->set_visible(decision->allowed() || readable);
  }
  for (const auth::AccessRule* rule : allowing) {
    for (const std::string& demand : auth::DemandsOf(*rule))
      response->add_conditions(absl::StrCat(demand, " (", rule->place, ")"));
  }
  return absl::OkStatus();
}

void AccessTester::Consider(v1::TestAccessResponse* response) const {
  if (!rules_->fault.empty()) response->add_considered(absl::StrCat("the file denies everything: ", rules_->fault));
  for (const auth::AccessRule* rule : speaking_) {
    if (response->considered_size() == kMaxConsidered) return;
    response->add_considered(auth::DescribeRule(*rule));
  }
}

}  // namespace orch::hub
