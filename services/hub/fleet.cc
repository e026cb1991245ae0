#include "services/hub/fleet.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::hub {

absl::StatusOr<std::vector<std::string>> Fleet::OnRegister(NodeSession* session, const v1::Node& node) {
  if (key_problem_ != nullptr) {
    if (const std::string problem = key_problem_(*session); !problem.empty()) {
      refusals_->Count(auth::Refusal::kUnknownKey);
      return absl::UnauthenticatedError(problem);
    }
  }
  std::vector<NodeRecord> forgotten;
  ORCH_ASSIGN_OR_RETURN(const Registry::Attached attached,
                        registry_->Attach(node, session, session->peer(), session->key().id, &forgotten));
  for (const NodeRecord& record : forgotten) {
    LogInfo("node forgotten to make room", {{"node", record.identity}});
  }
  if (attached.replaced != nullptr) {
    ddls_->Withdraw(attached.old_plugins);
    attached.replaced->SayGoodbye(absl::StrCat("replaced: ", node.identity(), " attached again from ", session->peer()),
                                  absl::ZeroDuration());
    dispatcher_->OnNodeGone(node.identity(), "its stream was replaced by a new one");
  }
  sessions_[node.identity()] = session;
  NoteClock(session);
  const std::vector<PluginAnnouncement>& plugins = registry_->Find(node.identity())->plugins;
  ddls_->Announce(plugins);
  watch_->Notify(v1::WatchNodesResponse::NODE_CONNECTED, node.identity());
  LogInfo("node attached", {{"node", node.identity()}, {"peer", session->peer()}, {"key", session->key().id}});
  return ddls_->Wanted(plugins);
}

void Fleet::OnRegistered(NodeSession* session) { dispatcher_->OnNodeBack(session->identity()); }

absl::Status Fleet::OnDelta(NodeSession* session, const v1::Delta& delta) {
  std::vector<PluginAnnouncement> old_plugins;
  ORCH_RETURN_IF_ERROR(registry_->Apply(session->identity(), delta, &old_plugins));
  if (delta.has_plugins()) {
    const std::vector<PluginAnnouncement>& plugins = registry_->Find(session->identity())->plugins;
    ddls_->Announce(plugins);
    ddls_->Withdraw(old_plugins);
    const std::vector<std::string> wanted = ddls_->Wanted(plugins);
    if (!wanted.empty()) session->AskDdls(wanted);
  }
  watch_->Notify(v1::WatchNodesResponse::NODE_CHANGED, session->identity());
  return absl::OkStatus();
}

void Fleet::OnUpdate(NodeSession* session, const std::string& job_id, v1::TaskUpdate update) {
  dispatcher_->OnUpdate(session->identity(), job_id, std::move(update));
}

absl::Status Fleet::OnDdls(NodeSession*, const v1::Ddls& ddls) {
  for (const std::string& json : ddls.ddl_json()) ORCH_RETURN_IF_ERROR(ddls_->Learn(json));
  return absl::OkStatus();
}

void Fleet::OnHeard(NodeSession* session) {
  if (registry_->Heard(session->identity())) {
    watch_->Notify(v1::WatchNodesResponse::NODE_CONNECTED, session->identity());
  }
  registry_->SetClockSkew(session->identity(), session->clock_skew());
}

void Fleet::NoteClock(NodeSession* session) {
  registry_->SetClockSkew(session->identity(), session->clock_skew());
  if (absl::AbsDuration(session->clock_skew()) < Registry::kNotableSkew) return;
  LogWarning("a node's clock is off; check NTP on it",
             {{"node", session->identity()}, {"ahead_by", absl::FormatDuration(session->clock_skew())}});
}

void Fleet::OnRefused(NodeSession*, auth::Refusal refusal) { refusals_->Count(refusal); }

void Fleet::OnGone(NodeSession* session, absl::string_view reason) {
  const NodeRecord* record = registry_->Find(session->identity());
  // A stream that was replaced is no longer the node's.
  if (record == nullptr || !registry_->Detach(session->identity(), session)) return;
  sessions_.erase(session->identity());
  ddls_->Withdraw(record->plugins);
  LogInfo("node detached", {{"node", session->identity()}, {"reason", std::string(reason)}});
  dispatcher_->OnNodeGone(session->identity(), reason);
  watch_->Notify(v1::WatchNodesResponse::NODE_DISCONNECTED, session->identity());
}

void Fleet::Tick() {
  for (const std::string& identity : registry_->MarkStale()) {
    LogInfo("node is silent", {{"node", identity}});
    watch_->Notify(v1::WatchNodesResponse::NODE_STALE, identity);
  }
  if (!ddls_->HasOverdue()) return;
  registry_->attached().ForEach([this](Slot slot) {
    const NodeRecord& record = registry_->At(slot);
    const std::vector<std::string> wanted = ddls_->Wanted(record.plugins);
    if (!wanted.empty()) record.channel->AskDdls(wanted);
  });
}

void Fleet::Dismiss(const std::function<std::string(const NodeSession&)>& leave, absl::Duration retry_after) {
  std::vector<std::pair<NodeSession*, std::string>> leaving;
  for (const auto& [identity, session] : sessions_) {
    if (std::string reason = leave(*session); !reason.empty()) leaving.emplace_back(session, std::move(reason));
  }
  for (const auto& [session, reason] : leaving) session->SayGoodbye(reason, retry_after);
}

}  // namespace orch::hub
