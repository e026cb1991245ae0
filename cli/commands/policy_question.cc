#include "cli/commands/policy_question.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/access/access_rules.h"
#include "base/status_macros.h"
#include "cli/commands/job_commands.h"
#include "filter/filter.h"

namespace orch::cli {
namespace {

constexpr char kTrusted[] = "trusted";

using KeyValue = std::pair<std::string, std::string>;

absl::StatusOr<KeyValue> KeyAndValue(absl::string_view option, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0) return std::make_pair(text.substr(0, equals), text.substr(equals + 1));
  return absl::InvalidArgumentError(absl::StrCat("option ", option, ": '", text, "' is not KEY=VALUE"));
}

// Puts the value at the dotted path, so that "os.family" becomes {"os": {"family": …}}.
absl::Status PutFact(const std::string& path, const std::string& value, Json* facts) {
  Json* at = facts;
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    if (part.empty() || (!at->is_object() && !at->is_null())) {
      return absl::InvalidArgumentError(absl::StrCat("option --fact: '", path,
                                                     "' is no name of a fact, or contradicts "
                                                     "another one"));
    }
    at = &(*at)[std::string(part)];
  }
  if (!at->is_null()) return absl::InvalidArgumentError(absl::StrCat("option --fact: '", path, "' is given twice"));
  *at = value;
  return absl::OkStatus();
}

absl::Status ReadVerb(const std::string& text, v1::TestAccessRequest* request) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<auth::Verb> verb = auth::ParseVerb(text);
  if (!verb.ok()) return absl::InvalidArgumentError(absl::StrCat("option --verb: ", verb.status().message()));
  constexpr v1::Verb kVerbs[] = {v1::READ, v1::INVOKE, v1::CONTROL, v1::ADMINISTER};
  request->set_verb(kVerbs[static_cast<int>(*verb)]);
  return absl::OkStatus();
}

absl::Status ReadAction(const std::string& text, v1::TestAccessRequest* request) {
  if (text.empty()) {
    if (request->verb() != v1::INVOKE) return absl::OkStatus();
    return absl::InvalidArgumentError("--verb invoke needs an action: --action PLUGIN.ACTION");
  }
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty() || absl::StrContains(text, '*')) {
    return absl::InvalidArgumentError(absl::StrCat("option --action: '", text, "' is not PLUGIN.ACTION"));
  }
  if (request->verb() != v1::VERB_UNSPECIFIED && request->verb() != v1::INVOKE) {
    return absl::InvalidArgumentError("--action belongs to --verb invoke; leave one of the two out");
  }
  request->set_verb(v1::INVOKE);
  request->set_plugin(parts[0]);
  request->set_action(parts[1]);
  return absl::OkStatus();
}

}  // namespace

void PolicyQuestion::DeclareOptions(OptionTable* table) {
  const std::string group = "Application Options";
  table->Text({"--caller"}, "CALLER", "Who asks, such as client=alice", group, &caller_);
  table->Texts({"--unix-group"}, "NAME", "A group of the user that --caller names", group, &unix_groups_);
  table->Texts({"--oidc-group"}, "NAME", "A group of --caller oidc=NAME, as the OpenID provider tells it", group,
               &oidc_groups_);
  table->Add({{"--verb"},
              "VERB",
              "read, invoke, control or administer (invoke with --action, else read)",
              group,
              {"read", "invoke", "control", "administer"},
              false,
              [this](const std::string& text) {
                verb_ = text;
                return absl::OkStatus();
              }});
  table->Text({"--action"}, "PLUGIN.ACTION", "The action to run", group, &action_);
  table->Texts({"--input"}, "KEY=VALUE", "An input of the action", group, &inputs_);
  table->Text({"--collective"}, "NAME", "The collective that the request names", group, &collective_);
  table->Texts({"--node"}, "NODE", "A node to decide about", group, &nodes_);
  table->Texts({"--label"}, "KEY=VALUE", "A label of the node; only for files", group, &labels_);
  table->Texts({"--fact"}, "KEY=VALUE", "A fact of the node; only for files", group, &facts_);
  table->Texts({"--class"}, "NAME", "A class of the node; only for files", group, &classes_);
  table->Text({"--at"}, "TIME", "The time of the request (now)", group, &at_);
}

absl::StatusOr<v1::TestAccessRequest> PolicyQuestion::ToRequest(absl::Time now) const {
  v1::TestAccessRequest request;
  if (!caller_.empty()) {
    const size_t equals = caller_.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == caller_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("option --caller: '", caller_, "' is no caller; write one such as client=alice"));
    }
    request.set_caller(caller_);
  }
  request.mutable_unix_groups()->Assign(unix_groups_.begin(), unix_groups_.end());
  request.mutable_oidc_groups()->Assign(oidc_groups_.begin(), oidc_groups_.end());
  ORCH_RETURN_IF_ERROR(ReadVerb(verb_, &request));
  ORCH_RETURN_IF_ERROR(ReadAction(action_, &request));
  Json inputs = Json::object();
  for (const std::string& text : inputs_) {
    ORCH_ASSIGN_OR_RETURN(const KeyValue given, KeyAndValue("--input", text));
    inputs[given.first] = given.second;
  }
  if (!inputs_.empty()) request.set_inputs_json(DumpJson(inputs));
  if (!inputs_.empty() && action_.empty()) return absl::InvalidArgumentError("--input needs --action PLUGIN.ACTION");
  request.set_collective(collective_);
  for (const std::string& node : nodes_) {
    if (!filter::IsIdentity(node))
      return absl::InvalidArgumentError(absl::StrCat("option --node: '", node, "' is no node"));
    request.add_identities(node);
  }
  if (!at_.empty()) {
    const absl::StatusOr<absl::Time> at = ParseWhen(at_, now);
    if (!at.ok()) return absl::InvalidArgumentError(absl::StrCat("option --at: ", at.status().message()));
    request.set_at_us(absl::ToUnixMicros(*at));
  }
  return request;
}

absl::StatusOr<Json> PolicyQuestion::Facts() const {
  Json facts = Json::object();
  for (const std::string& text : facts_) {
    ORCH_ASSIGN_OR_RETURN(const KeyValue given, KeyAndValue("--fact", text));
    if (given.first == kTrusted || absl::StartsWith(given.first, absl::StrCat(kTrusted, "."))) {
      return absl::InvalidArgumentError(
          "option --fact: labels are given with --label, because a node cannot claim them");
    }
    ORCH_RETURN_IF_ERROR(PutFact(given.first, given.second, &facts));
  }
  for (const std::string& text : labels_) {
    ORCH_ASSIGN_OR_RETURN(const KeyValue given, KeyAndValue("--label", text));
    facts[kTrusted][given.first] = given.second;
  }
  return facts;
}

}  // namespace orch::cli
