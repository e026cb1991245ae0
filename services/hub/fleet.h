// Joins what nodes' streams tell with who keeps it: registry, DDLs, running jobs, watchers. On the
// hub's loop; owned by Hub.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "auth/refusal.h"
#include "base/executor.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/node_session.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class Fleet final : public NodeEvents {
 public:
  Fleet(Registry* registry, DdlCache* ddls, Dispatcher* dispatcher, NodeWatch* watch, auth::RefusalCounters* refusals)
      : registry_(registry), ddls_(ddls), dispatcher_(dispatcher), watch_(watch), refusals_(refusals) {}

  absl::StatusOr<std::vector<std::string>> OnRegister(NodeSession* session, const v1::Node& node) override;
  void OnRegistered(NodeSession* session) override;
  absl::Status OnDelta(NodeSession* session, const v1::Delta& delta) override;
  void OnUpdate(NodeSession* session, const std::string& job_id, v1::TaskUpdate update) override;
  absl::Status OnDdls(NodeSession* session, const v1::Ddls& ddls) override;
  void OnHeard(NodeSession* session) override;
  void OnRefused(NodeSession* session, auth::Refusal refusal) override;
  void OnGone(NodeSession* session, absl::string_view reason) override;

  // Says why a session's key is no longer good, or nothing. Asked again when the node registers: keys
  // may have changed since its stream began.
  using KeyProblem = std::function<std::string(const NodeSession&)>;
  void SetKeyProblem(KeyProblem key_problem) { key_problem_ = std::move(key_problem); }

  // From a timer: who has fallen silent, and which DDLs must be asked for again.
  void Tick();
  // Says goodbye to every node for which `leave` gives a reason.
  void Dismiss(const std::function<std::string(const NodeSession&)>& leave, absl::Duration retry_after);

 private:
  void NoteClock(NodeSession* session);

  Registry* const registry_;
  DdlCache* const ddls_;
  Dispatcher* const dispatcher_;
  NodeWatch* const watch_;
  auth::RefusalCounters* const refusals_;
  KeyProblem key_problem_;  // may be null
  // Sessions that hold their identity, as NodeSession: for key changes.
  std::map<std::string, NodeSession*> sessions_;
};

}  // namespace orch::hub
