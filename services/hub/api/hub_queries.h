// Answers questions about plugins and about the hub itself. Owned by the hub; its loop only. Changes nothing.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "auth/refusal.h"
#include "auth/refusal_counters.h"
#include "base/clock.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/identity_conflicts.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

// The constant part of what the hub reports in GetHubStatus.
struct HubFacts {
  std::string version;
  std::string identity;
  std::string listen_address;
  std::string mtls;
  absl::Time started;
};

class HubQueries {
 public:
  HubQueries(const Registry* registry, DdlCache* ddls, const Dispatcher* dispatcher, const JobStore* store,
             const auth::RefusalCounters* refusals, const IdentityConflicts* conflicts, const Clock* clock,
             HubFacts facts)
      : registry_(registry),
        ddls_(ddls),
        dispatcher_(dispatcher),
        store_(store),
        refusals_(refusals),
        conflicts_(conflicts),
        clock_(clock),
        facts_(std::move(facts)) {}

  void ListPlugins(v1::ListPluginsResponse* response) const;
  // Calls `done` at once, or when a DDL that is on its way has come. The request and the response must live until then.
  using Done = std::function<void(absl::Status)>;
  void GetPlugin(const v1::GetPluginRequest* request, v1::GetPluginResponse* response, Done done);
  void GetHubStatus(v1::GetHubStatusResponse* response) const;
  // `part` adds to every answer of GetHubStatus what another part of the hub knows. Call before the hub serves.
  using StatusPart = std::function<void(v1::GetHubStatusResponse*)>;
  void AddStatusPart(StatusPart part) { status_parts_.push_back(std::move(part)); }

 private:
  const Registry* const registry_;
  DdlCache* const ddls_;
  const Dispatcher* const dispatcher_;
  const JobStore* const store_;
  const auth::RefusalCounters* const refusals_;
  const IdentityConflicts* const conflicts_;
  const Clock* const clock_;
  const HubFacts facts_;
  std::vector<StatusPart> status_parts_;
};

}  // namespace orch::hub
