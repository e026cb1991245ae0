#include "services/nodeagent/gate/node_audit.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"

namespace orch::nodeagent {
namespace {

constexpr char kMasked[] = "***";
constexpr char kHub[] = "hub";  // messages of the node's stream all come from there

}  // namespace

// Plugins that are gone stay known, so that nothing can be un-marked by taking its description away.
void NodeAudit::LearnSensitive(const CatalogPtr& catalog) {
  {
    MutexLock lock(&mu_);
    if (learnt_ == catalog) return;
  }
  std::vector<std::string> found;
  for (const auto& [name, plugin] : catalog->plugins()) {
    for (const auto& [action, description] : plugin->ddl()->actions) {
      for (const ddl::Input& input : description.inputs) {
        if (input.sensitive) found.push_back(absl::StrCat(name, ".", action, ".", input.name));
      }
    }
  }
  MutexLock lock(&mu_);
  learnt_ = catalog;
  for (std::string& each : found) {
    if (sensitive_.size() < kMaxSensitive) sensitive_.insert(std::move(each));
  }
}

Json NodeAudit::MaskedInputs(const v1::Command& command, const CatalogPtr& catalog) {
  LearnSensitive(catalog);
  absl::StatusOr<Json> inputs = ParseJsonObject(command.inputs_json(), "inputs");
  if (!inputs.ok()) return kMasked;
  const std::shared_ptr<actions::Plugin> plugin = catalog->Find(command.plugin());
  const bool described = plugin != nullptr && plugin->ddl()->FindAction(command.action()) != nullptr;
  MutexLock lock(&mu_);
  const bool all = !described || sensitive_.size() >= kMaxSensitive;
  for (auto& input : inputs->items()) {
    const std::string name = absl::StrCat(command.plugin(), ".", command.action(), ".", input.key());
    if (all || sensitive_.contains(name)) input.value() = kMasked;
  }
  return *std::move(inputs);
}

Json NodeAudit::DetailsOf(const v1::Command& command, const CatalogPtr& catalog) {
  Json details = {{"job", command.attempt_id()},
                  {"plugin", command.plugin()},
                  {"action", command.action()},
                  {"inputs", MaskedInputs(command, catalog)}};
  if (!command.collective().empty()) details["collective"] = command.collective();
  return details;
}

absl::Status NodeAudit::OnAdmitted(const v1::Command& command, const CatalogPtr& catalog) {
  if (sink_ == nullptr) return absl::OkStatus();
  const absl::Status written = sink_->Write({"task.run", "allowed", command.caller(), "", DetailsOf(command, catalog)});
  if (!written.ok() && sink_->required()) {
    return absl::UnavailableError(
        absl::StrCat("not run, because it cannot be recorded (audit.required): ", written.message()));
  }
  MutexLock lock(&mu_);
  if (open_.size() < kMaxOpen) open_[command.attempt_id()] = {command.caller(), command.plugin(), command.action()};
  return absl::OkStatus();
}

void NodeAudit::OnDenied(const v1::Command& command, const v1::TaskUpdate& update, const CatalogPtr& catalog) {
  if (sink_ == nullptr || update.kind() != v1::TaskUpdate::FINISHED) return;  // filtered: it is no target
  const bool by_rule = update.reply().kind() == v1::ERROR_KIND_POLICY;
  Json details = DetailsOf(command, catalog);
  details["status"] = update.reply().status_code();
  sink_
      ->Write({"task.run", by_rule ? "denied" : "refused", command.caller(), update.reply().status_message(),
               std::move(details)})
      .IgnoreError();  // nothing is done; the log counts what it loses
}

void NodeAudit::OnDenied(const std::string& attempt_id, absl::string_view why) {
  if (sink_ == nullptr) return;
  {
    MutexLock lock(&mu_);
    if (open_.contains(attempt_id)) return;  // its end is recorded
  }
  sink_->Write({"task.run", "refused", "", std::string(why), {{"job", attempt_id}}}).IgnoreError();
}

void NodeAudit::OnEnded(const std::string& attempt_id, const v1::TaskUpdate& update) {
  if (sink_ == nullptr || update.kind() != v1::TaskUpdate::FINISHED) return;
  const v1::Reply& reply = update.reply();
  Open open;
  {
    MutexLock lock(&mu_);
    const auto found = open_.find(attempt_id);
    if (found != open_.end()) {
      open = std::move(found->second);
      open_.erase(found);
    } else if (reply.state() == v1::DENIED) {
      return;  // recorded when it was denied
    }
  }
  Json details = {{"job", attempt_id},
                  {"state", v1::TaskState_Name(reply.state())},
                  {"status", reply.status_code()},
                  {"duration_ms", reply.run_us() / 1000}};
  if (!open.plugin.empty()) {
    details["plugin"] = open.plugin;
    details["action"] = open.action;
  }
  const std::string reason = reply.status_code() == 0 ? "" : reply.status_message();
  sink_->Write({"task.end", "allowed", open.caller, reason, std::move(details)}).IgnoreError();
}

void NodeAudit::OnRefused(const v1::Envelope& envelope, auth::Refusal refusal, absl::string_view why) {
  if (sink_ == nullptr) return;
  refusals_.Note({auth::RefusalName(refusal), kHub, kHub, envelope.attempt_id(), "gate", why});
}

}  // namespace orch::nodeagent
