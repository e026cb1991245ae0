#include "services/hub/access/access_diff.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "auth/access/decide.h"

namespace orch::hub {
namespace {

std::string TextAt(const Json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string FirstRule(const Json& record) {
  const auto rules = record.find("rules");
  if (rules != record.end() && rules->is_array() && !rules->empty() && rules->front().is_string()) {
    return rules->front().get<std::string>();
  }
  return TextAt(record, "rule");
}

// False for a record that is no decision of rules.
bool ReadRequest(const Json& record, const Json& inputs, auth::AccessRequest* request, std::string* what) {
  request->caller.id = TextAt(record, "caller");
  const std::string event = TextAt(record, "event");
  if (event == "job.invoke") {
    request->verb = auth::Verb::kInvoke;
    request->plugin = TextAt(record, "plugin");
    request->action = TextAt(record, "action");
    request->collective = TextAt(record, "collective");
    request->inputs = inputs.is_object() ? &inputs : nullptr;
    *what = absl::StrCat("invoke ", request->plugin, ".", request->action);
  } else if (event == "call") {
    const auto verb = auth::ParseVerb(TextAt(record, "verb"));
    if (!verb.ok()) return false;
    request->verb = *verb;
    *what = TextAt(record, "verb");
  } else {
    return false;
  }
  return !request->caller.id.empty();
}

}  // namespace

bool AccessDiff::MayDecide(absl::string_view line) {
  return absl::StrContains(line, "\"job.invoke\"") || absl::StrContains(line, "\"call\"");
}

void AccessDiff::Add(const Json& record) {
  if (!record.is_object()) return;
  const auto found = record.find("inputs");
  const Json inputs = found == record.end() ? Json() : *found;
  auth::AccessRequest request;
  std::string what;
  if (!ReadRequest(record, inputs, &request, &what)) return;
  if (!absl::ParseTime(absl::RFC3339_full, TextAt(record, "time"), &request.now, nullptr)) return;
  ++examined_;
  const bool for_some = request.verb == auth::Verb::kRead || request.verb == auth::Verb::kInvoke;
  const std::vector<const auth::AccessRule*> speaking = rules_.For(request);
  const auth::AccessDecision decision =
      for_some ? auth::DecideForSomeNode(speaking, request.now) : auth::DecideForEveryNode(speaking, request.now);
  const bool was_allowed = TextAt(record, "decision") == "allowed";
  if (decision.allowed == was_allowed) return;
  const auto key = std::make_tuple(request.caller.id, what, was_allowed);
  if (!changes_.contains(key) && changes_.size() >= kMaxChanges) return;
  Change& change = changes_[key];
  ++change.count;
  change.last_us = absl::ToUnixMicros(request.now);
  change.old_rule = FirstRule(record);
  change.new_rule = decision.rule == nullptr ? "" : decision.rule->place;
}

void AccessDiff::Fill(v1::DiffAccessResponse* response) const {
  response->set_examined(examined_);
  for (const auto& [key, change] : changes_) {
    v1::DiffAccessResponse::Change* const out = response->add_changes();
    out->set_caller(std::get<0>(key));
    out->set_what(std::get<1>(key));
    out->set_was_allowed(std::get<2>(key));
    out->set_would_be_allowed(!std::get<2>(key));
    out->set_count(change.count);
    out->set_last_us(change.last_us);
    out->set_old_rule(change.old_rule);
    out->set_new_rule(change.new_rule);
  }
}

}  // namespace orch::hub
