// Passes what the nodes' streams tell on to the parts that keep it: the registry, the DDLs, the running jobs, the
// watchers and the store. Owned by the hub; its loop only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "auth/refusal.h"
#include "auth/refusal_counters.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/fleet/fleet_recorder.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/identity_conflicts.h"
#include "services/hub/nodes/node_events.h"
#include "services/hub/nodes/node_session.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class Fleet final : public NodeEvents {
 public:
  // The retention of nodes is checked only after this time from the start: the nodes that are alive have come back by
  // then, even if the wall clock was wrong.
  static constexpr absl::Duration kRetentionGrace = absl::Hours(1);
  static constexpr absl::Duration kRetentionEvery = absl::Minutes(1);
  static constexpr size_t kMaxForgottenAtOnce = 1000;

  struct Parts {
    Registry* registry;
    DdlCache* ddls;
    Dispatcher* dispatcher;
    NodeWatch* watch;
    auth::RefusalCounters* refusals;
    FleetRecorder* recorder;
    const Clock* clock;
    NodeStandings* standings = nullptr;  // null: nothing is said of nodes
  };
  // `retention`: how long a node that stays away remains known; zero: for ever.
  Fleet(Parts parts, absl::Duration retention)
      : registry_(parts.registry),
        ddls_(parts.ddls),
        dispatcher_(parts.dispatcher),
        watch_(parts.watch),
        refusals_(parts.refusals),
        recorder_(parts.recorder),
        clock_(parts.clock),
        standings_(parts.standings),
        retention_(retention),
        retention_due_(parts.clock->Steady() + kRetentionGrace),
        conflicts_(parts.clock) {}

  absl::StatusOr<std::vector<std::string>> OnRegister(NodeSession* session, const v1::Node& node) override;
  void OnRegistered(NodeSession* session) override;
  absl::Status OnDelta(NodeSession* session, const v1::Delta& delta) override;
  void OnUpdate(NodeSession* session, const std::string& job_id, v1::TaskUpdate update) override;
  absl::Status OnDdls(NodeSession* session, const v1::Ddls& ddls) override;
  void OnMessageSeen(NodeSession* session) override;
  void OnRefused(NodeSession* session, auth::Refusal refusal) override;
  void OnGone(NodeSession* session, absl::string_view reason) override;

  // The reason why a session's key is no longer valid; empty when it is valid. Called again when the node registers,
  // because keys may have changed since its stream began.
  using KeyProblem = std::function<std::string(const NodeSession&)>;
  void SetKeyProblem(KeyProblem key_problem) { key_problem_ = std::move(key_problem); }

  // `forgotten` is told which nodes the hub forgets by itself, and why; may be null.
  using Forgotten = std::function<void(const std::vector<std::string>& identities, absl::string_view because)>;
  void SetOnForgotten(Forgotten forgotten) { forgotten_ = std::move(forgotten); }

  // Is told what an administrator should look at soon: which node, and why.
  using Alarm = std::function<void(absl::string_view identity, absl::string_view why)>;
  void SetAlarm(Alarm alarm) { alarm_ = std::move(alarm); }

  // Marks nodes that are silent, asks again for missing DDLs, and forgets nodes past their retention. Called from a
  // timer.
  void Tick();
  // Forgets those of the nodes that are known and away, after the store has forgotten them. `because`: for log and
  // events.
  using ForgetDone = std::function<void(absl::StatusOr<v1::ForgetNodesResponse>)>;
  void Forget(const std::vector<std::string>& identities, const std::string& because, ForgetDone done);
  const IdentityConflicts& conflicts() const { return conflicts_; }
  // Called with the identity of every node that is forgotten, whoever asked for it; null: nobody.
  void SetOnEachForgotten(std::function<void(const std::string&)> each) { each_forgotten_ = std::move(each); }
  // Shows the session of every node that is attached; `each` ends none.
  void ForEachSession(const std::function<void(NodeSession*)>& each) const;
  // Ends the stream of every node for which `leave` returns a reason.
  void Dismiss(const std::function<std::string(const NodeSession&)>& leave, absl::Duration retry_after);

 private:
  void NoteClock(NodeSession* session);
  // Whether the session would take the stream from another agent that has it, or had it a moment ago.
  bool Contends(const NodeSession& session) const;
  // Another agent has taken the stream, or has come just after the stream ended.
  void NoteContention(const std::string& identity, const IdentityConflicts::Agent& before,
                      const IdentityConflicts::Agent& now);
  // A new session has taken the stream.
  void Replace(const std::string& identity, NodeChannel* replaced, absl::string_view new_peer);
  void ForgetOverdue();
  void ForgetStored(const std::string& identity, const std::string& because, v1::ForgetNodesResponse* answer);

  Registry* const registry_;
  DdlCache* const ddls_;
  Dispatcher* const dispatcher_;
  NodeWatch* const watch_;
  auth::RefusalCounters* const refusals_;
  FleetRecorder* const recorder_;
  const Clock* const clock_;
  NodeStandings* const standings_;
  const absl::Duration retention_;
  absl::Duration retention_due_;  // steady; when nodes are looked at next
  IdentityConflicts conflicts_;
  KeyProblem key_problem_;                                  // may be null
  Forgotten forgotten_;                                     // may be null
  std::function<void(const std::string&)> each_forgotten_;  // may be null
  Alarm alarm_;                                             // may be null
  // By identity: the session that has the stream of the node.
  std::map<std::string, NodeSession*> sessions_;
};

}  // namespace orch::hub
