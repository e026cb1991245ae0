#include "cli/commands/policy_local.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/access/decide.h"
#include "auth/access/describe_rule.h"
#include "base/status_macros.h"
#include "filter/node_view.h"

namespace orch::cli {
namespace {

class DescribedNodeView final : public filter::NodeView {
 public:
  DescribedNodeView(std::string identity, const DescribedNode& node) : identity_(std::move(identity)), node_(node) {}
  absl::string_view identity() const override { return identity_; }
  const Json& facts() const override { return node_.facts; }
  const std::vector<std::string>& classes() const override { return node_.classes; }
  const std::vector<std::string>& plugins() const override { return plugins_; }

 private:
  const std::string identity_;
  const DescribedNode& node_;
  const std::vector<std::string> plugins_;
};

auth::Verb VerbOf(const v1::TestAccessRequest& request) {
  switch (request.verb()) {
    case v1::INVOKE:
      return auth::Verb::kInvoke;
    case v1::CONTROL:
      return auth::Verb::kControl;
    case v1::ADMINISTER:
      return auth::Verb::kAdminister;
    default:
      return auth::Verb::kRead;
  }
}

// Decides by access.yaml about one node, or without a node.
void AddAccessDecision(const std::vector<const auth::AccessRule*>& rules, const std::string& identity,
                       const DescribedNode& node, absl::Time now, v1::TestAccessResponse* response) {
  const bool about_node = node.given || !identity.empty();
  const auth::AccessDecision decision =
      about_node ? auth::Decide(rules, DescribedNodeView(identity, node), now) : auth::DecideForSomeNode(rules, now);
  v1::TestAccessResponse::Decision* added = response->add_decisions();
  added->set_identity(identity);
  added->set_allowed(decision.allowed);
  added->set_reason(decision.reason);
  if (decision.rule == nullptr) return;
  added->set_rule(decision.rule->place);
  if (!decision.allowed) return;
  if (!about_node && !decision.rule->nodes.empty()) added->set_reason("for the nodes that the rule names");
  for (const std::string& demand : auth::DemandsOf(*decision.rule)) {
    std::string text = absl::StrCat(demand, " (", decision.rule->place, ")");
    const auto& known = response->conditions();
    if (std::find(known.begin(), known.end(), text) == known.end()) response->add_conditions(std::move(text));
  }
}

// Policy files of nodes can only take away what access.yaml allows.
void ApplyPolicies(const auth::PolicySet& policies, const auth::Caller& caller, const v1::TestAccessRequest& request,
                   const DescribedNode& node, v1::TestAccessResponse* response) {
  for (v1::TestAccessResponse::Decision& decision : *response->mutable_decisions()) {
    if (!decision.allowed()) continue;
    const DescribedNodeView view(decision.identity(), node);
    const auth::PolicyDecision policy =
        policies.Evaluate(caller, request.plugin(), request.action(), view, /*functions=*/nullptr);
    if (!policy.allowed || decision.rule().empty()) decision.set_rule(policy.place);
    decision.set_allowed(policy.allowed);
    if (!policy.allowed) decision.set_reason(policy.reason);
  }
}

}  // namespace

absl::StatusOr<v1::TestAccessResponse> DecideByFiles(const PolicyFiles& files, const v1::TestAccessRequest& request,
                                                     const DescribedNode& node, absl::Time now) {
  if (request.caller().empty()) return absl::InvalidArgumentError("rules in files need a caller: --caller client=NAME");
  if (!files.access && files.policies == nullptr) return absl::InvalidArgumentError("the files hold no rules");
  if (!files.access && request.plugin().empty()) {
    return absl::InvalidArgumentError("policy files decide about actions only: give --action PLUGIN.ACTION");
  }
  if (!files.plugin.empty() && files.plugin != "default" && !request.plugin().empty() &&
      files.plugin != request.plugin()) {
    return absl::InvalidArgumentError(absl::StrCat("the policy file speaks of the plugin ", files.plugin, ", not of ",
                                                   request.plugin(), "; name its own actions"));
  }
  ORCH_ASSIGN_OR_RETURN(const Json inputs, ParseJsonObject(request.inputs_json(), "inputs"));
  auth::AccessRequest asked;
  asked.caller = {request.caller(),
                  {request.unix_groups().begin(), request.unix_groups().end()},
                  {request.oidc_groups().begin(), request.oidc_groups().end()}};
  asked.verb = VerbOf(request);
  asked.plugin = request.plugin();
  asked.action = request.action();
  asked.collective = request.collective();
  asked.now = request.at_us() == 0 ? now : absl::FromUnixMicros(request.at_us());
  asked.inputs = &inputs;
  std::vector<std::string> identities(request.identities().begin(), request.identities().end());
  if (identities.empty()) identities.emplace_back();
  v1::TestAccessResponse response;
  if (files.access) {
    const std::vector<const auth::AccessRule*> rules = files.access->For(asked);
    for (const auth::AccessRule* rule : rules) response.add_considered(auth::DescribeRule(*rule));
    for (const std::string& identity : identities) AddAccessDecision(rules, identity, node, asked.now, &response);
    if (const auth::Freeze* freeze = files.access->FrozenAt(asked.caller, asked.now);
        freeze != nullptr && asked.verb == auth::Verb::kInvoke) {
      response.add_conditions(absl::StrCat("changes are refused by the freeze at ", freeze->place,
                                           freeze->reason.empty() ? "" : absl::StrCat(" (", freeze->reason, ")")));
    }
  } else {
    for (const std::string& identity : identities) {
      v1::TestAccessResponse::Decision* decision = response.add_decisions();
      decision->set_identity(identity);
      decision->set_allowed(true);
    }
  }
  if (files.policies != nullptr && asked.verb == auth::Verb::kInvoke) {
    ApplyPolicies(*files.policies, asked.caller, request, node, &response);
  }
  return response;
}

}  // namespace orch::cli
