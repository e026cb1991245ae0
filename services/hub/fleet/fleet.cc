#include "services/hub/fleet/fleet.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/duration_text.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "services/hub/nodes/away.h"

namespace orch::hub {
namespace {

IdentityConflicts::Agent AgentOf(const NodeRecord& record) { return {record.peer, record.instance}; }
IdentityConflicts::Agent AgentOf(const NodeSession& session) { return {session.peer(), session.instance()}; }

}  // namespace

absl::StatusOr<std::vector<std::string>> Fleet::OnRegister(NodeSession* session, const v1::Node& node) {
  if (key_problem_ != nullptr) {
    if (const std::string problem = key_problem_(*session); !problem.empty()) {
      refusals_->Count(auth::Refusal::kUnknownKey);
      return absl::UnauthenticatedError(problem);
    }
  }
  const bool contends = Contends(*session);
  if (contends) {
    if (const absl::Duration wait = conflicts_.WaitToReplace(session->identity()); wait > absl::ZeroDuration()) {
      const std::string why = absl::StrCat("not now: ", conflicts_.Text(session->identity()));
      session->SayGoodbye(why, wait);
      return absl::ResourceExhaustedError(why);
    }
  }
  if (standings_ != nullptr) standings_->OnProved(node.identity(), session->who().labels);
  const NodeRecord* const before = registry_->Find(node.identity());
  const IdentityConflicts::Agent old_agent = before == nullptr ? IdentityConflicts::Agent() : AgentOf(*before);
  ORCH_ASSIGN_OR_RETURN(const Registry::Attached attached,
                        registry_->Attach(node, session, session->peer(), session->key().id, session->instance()));
  if (contends) NoteContention(node.identity(), old_agent, AgentOf(*session));
  if (attached.replaced != nullptr) Replace(node.identity(), attached.replaced, session->peer());
  sessions_[node.identity()] = session;
  NoteClock(session);
  const NodeRecord& record = *registry_->Find(node.identity());
  ddls_->Announce(record.slot, attached.old_plugins, record.plugins);
  if (attached.as_before) {
    recorder_->OnBack(node.identity());
  } else {
    recorder_->OnAttached(node.identity(), node.facts_json());
  }
  watch_->Notify(v1::WatchNodesResponse::NODE_CONNECTED, node.identity());
  LogInfo("node attached", {{"node", node.identity()}, {"peer", session->peer()}, {"key", session->key().id}});
  return ddls_->Wanted(record.slot, record.plugins);
}

// A stream that was silent for long is no agent's any more. One that has just ended may have been pushed out by the
// door, which keeps few connections of one node.
bool Fleet::Contends(const NodeSession& session) const {
  const NodeRecord* const record = registry_->Find(session.identity());
  if (record == nullptr || record->presence == v1::STALE) return false;
  if (IdentityConflicts::IsSame(AgentOf(*record), AgentOf(session))) return false;
  if (record->channel != nullptr) return true;
  return clock_->Steady() - record->last_heard < IdentityConflicts::kConflictWindow &&
         IdentityConflicts::FromAnotherHost(record->peer, session.peer());
}

void Fleet::NoteContention(const std::string& identity, const IdentityConflicts::Agent& before,
                           const IdentityConflicts::Agent& now) {
  const IdentityConflicts::Verdict verdict = conflicts_.OnReplaced(identity, before, now);
  const std::string text = conflicts_.Text(identity);
  if (verdict != IdentityConflicts::Verdict::kNone) registry_->SetConflict(identity, text);
  if (verdict == IdentityConflicts::Verdict::kBegins) {
    LogWarning("identity conflict", {{"node", identity}, {"reason", text}});
    watch_->Notify(v1::WatchNodesResponse::NODE_CONFLICT, identity, text);
    if (alarm_ != nullptr) alarm_(identity, text);
  }
}

void Fleet::Replace(const std::string& identity, NodeChannel* replaced, absl::string_view new_peer) {
  const std::string text = conflicts_.Text(identity);
  // The agent that loses the stream waits before it takes it back, so that both are paced.
  replaced->SayGoodbye(text.empty() ? absl::StrCat("replaced: ", identity, " attached again from ", new_peer)
                                    : absl::StrCat("replaced: ", text),
                       conflicts_.Pace(identity));
  dispatcher_->OnNodeGone(identity, "its stream was replaced by a new one");
}

void Fleet::OnRegistered(NodeSession* session) {
  // Before any command, so that the node decides by what the hub says of it now.
  session->SendStanding(registry_->StandingOf(*registry_->Find(session->identity())));
  dispatcher_->OnNodeBack(session->identity());
}

absl::Status Fleet::OnDelta(NodeSession* session, const v1::Delta& delta) {
  std::vector<PluginAnnouncement> old_plugins;
  ORCH_RETURN_IF_ERROR(registry_->Apply(session->identity(), delta, &old_plugins));
  if (delta.has_plugins()) {
    const NodeRecord& record = *registry_->Find(session->identity());
    ddls_->Announce(record.slot, old_plugins, record.plugins);
    const std::vector<std::string> wanted = ddls_->Wanted(record.slot, record.plugins);
    if (!wanted.empty()) session->AskDdls(wanted);
  }
  if (delta.has_collectives()) session->SendStanding(registry_->StandingOf(*registry_->Find(session->identity())));
  recorder_->OnChanged(session->identity());
  watch_->Notify(v1::WatchNodesResponse::NODE_CHANGED, session->identity());
  return absl::OkStatus();
}

void Fleet::OnUpdate(NodeSession* session, const std::string& job_id, v1::TaskUpdate update) {
  dispatcher_->OnUpdate(session->identity(), job_id, std::move(update));
}

absl::Status Fleet::OnDdls(NodeSession*, const v1::Ddls& ddls) {
  for (const std::string& json : ddls.ddl_json()) {
    const std::string sha256 = Sha256(json);
    const bool known = ddls_->HasText(sha256);
    ORCH_RETURN_IF_ERROR(ddls_->Learn(json));
    if (!known && ddls_->HasText(sha256)) recorder_->OnDdl(json);
  }
  return absl::OkStatus();
}

void Fleet::OnMessageSeen(NodeSession* session) {
  if (registry_->Heard(session->identity())) {
    recorder_->OnPresence(session->identity());
    watch_->Notify(v1::WatchNodesResponse::NODE_CONNECTED, session->identity());
  }
  registry_->SetClockSkew(session->identity(), session->clock_skew());
}

void Fleet::NoteClock(NodeSession* session) {
  registry_->SetClockSkew(session->identity(), session->clock_skew());
  if (absl::AbsDuration(session->clock_skew()) < Registry::kNotableSkew) return;
  LogWarning("a node's clock is off; check NTP on it",
             {{"node", session->identity()}, {"ahead_by", DurationText(session->clock_skew())}});
}

void Fleet::OnRefused(NodeSession*, auth::Refusal refusal) { refusals_->Count(refusal); }

void Fleet::OnGone(NodeSession* session, absl::string_view reason) {
  const NodeRecord* record = registry_->Find(session->identity());
  // A stream that was replaced is no longer the node's.
  if (record == nullptr || !registry_->Detach(session->identity(), session, reason)) return;
  sessions_.erase(session->identity());
  ddls_->Withdraw(record->slot, record->plugins);
  LogInfo("node detached", {{"node", session->identity()}, {"reason", std::string(reason)}});
  recorder_->OnPresence(session->identity());
  dispatcher_->OnNodeGone(session->identity(), reason);
  watch_->Notify(v1::WatchNodesResponse::NODE_DISCONNECTED, session->identity(), reason);
}

void Fleet::Tick() {
  for (const std::string& identity : registry_->MarkStale()) {
    LogInfo("node is silent", {{"node", identity}});
    recorder_->OnPresence(identity);
    watch_->Notify(v1::WatchNodesResponse::NODE_STALE, identity);
  }
  for (const std::string& identity : conflicts_.Expire()) registry_->SetConflict(identity, "");
  ForgetOverdue();
  recorder_->Tick();
  std::map<Slot, std::vector<std::string>> overdue;
  for (auto& [slot, sha256] : ddls_->TakeOverdue()) overdue[slot].push_back(std::move(sha256));
  for (const auto& [slot, sha256s] : overdue) registry_->At(slot).channel->AskDdls(sha256s);
}

void Fleet::ForgetOverdue() {
  const absl::Duration now = clock_->Steady();
  if (retention_ == absl::ZeroDuration() || now < retention_due_) return;
  retention_due_ = now + kRetentionEvery;
  std::vector<std::string> overdue = registry_->AwayLongerThan(retention_);
  if (overdue.empty()) return;
  if (overdue.size() > kMaxForgottenAtOnce) overdue.resize(kMaxForgottenAtOnce);  // the rest follows next time
  const std::string because = absl::StrCat("away for longer than node_retention, ", absl::FormatDuration(retention_));
  Forget(overdue, because, [this, because](const absl::StatusOr<v1::ForgetNodesResponse>& done) {
    if (done.ok() && forgotten_ != nullptr && done->forgotten_size() > 0) {
      forgotten_({done->forgotten().begin(), done->forgotten().end()}, because);
    }
    if (done.ok()) return;
    LogWarning("nodes past node_retention are not forgotten yet", {{"reason", std::string(done.status().message())}});
  });
}

void Fleet::Forget(const std::vector<std::string>& identities, const std::string& because, ForgetDone done) {
  v1::ForgetNodesResponse answer;
  std::vector<std::string> away, unknown;
  for (const std::string& identity : identities) {
    const NodeRecord* const record = registry_->Find(identity);
    if (record == nullptr) {
      unknown.push_back(identity);
    } else if (record->channel != nullptr) {
      answer.add_connected(identity);
    } else {
      away.push_back(identity);
    }
  }
  for (const std::string& identity : unknown) answer.add_unknown(identity);
  for (v1::Suggestion& meant : SuggestIdentities(unknown, registry_->facts().names(), registry_->facts().live()))
    *answer.add_suggestions() = std::move(meant);
  if (away.empty()) return done(std::move(answer));
  // The store forgets them first, because a node that a restarted hub would know again is not forgotten.
  recorder_->Forget(away, [this, away, because, answer = std::move(answer),
                           done = std::move(done)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    for (const std::string& identity : away) ForgetStored(identity, because, &answer);
    done(std::move(answer));
  });
}

void Fleet::ForgetStored(const std::string& identity, const std::string& because, v1::ForgetNodesResponse* answer) {
  const NodeRecord* const record = registry_->Find(identity);
  if (record == nullptr) return;  // another call has forgotten it
  if (record->channel != nullptr) {
    answer->add_connected(identity);  // it has come back in the meantime
    return recorder_->OnAttached(identity);
  }
  watch_->Notify(v1::WatchNodesResponse::NODE_FORGOTTEN, identity, because);
  registry_->Forget(identity);
  if (each_forgotten_ != nullptr) each_forgotten_(identity);
  if (standings_ != nullptr) standings_->Forget(identity);
  LogInfo("node forgotten", {{"node", identity}, {"because", because}});
  answer->add_forgotten(identity);
}

void Fleet::ForEachSession(const std::function<void(NodeSession*)>& each) const {
  for (const auto& [identity, session] : sessions_) each(session);
}

void Fleet::Dismiss(const std::function<std::string(const NodeSession&)>& leave, absl::Duration retry_after) {
  std::vector<std::pair<NodeSession*, std::string>> leaving;
  for (const auto& [identity, session] : sessions_) {
    if (std::string reason = leave(*session); !reason.empty()) leaving.emplace_back(session, std::move(reason));
  }
  for (const auto& [session, reason] : leaving) session->SayGoodbye(reason, retry_after);
}

}  // namespace orch::hub
