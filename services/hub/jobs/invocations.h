// From an Invoke request to a job: chooses targets, validates inputs against the DDL these announce,
// and hands over to the dispatcher. Parsing runs where the call came in, the rest on the loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "orch/v1/job.pb.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

// Added to a DDL's timeout before the hub gives a task up.
inline constexpr absl::Duration kDeadlineGrace = absl::Seconds(2);
// How long a call waits for a DDL that is on its way from a node.
inline constexpr absl::Duration kAwaitDdl = absl::Seconds(5);

// A request that was read and found well-formed.
struct Invocation {
  v1::JobSpec spec;
  TargetQuery query;
  Json inputs;
  std::string caller;
  std::string cursor;  // with an idempotency key: what was seen of that job already
  bool waited = false;
  bool key_looked_up = false;
};

// InvalidArgument names the field and the remedy. Pure.
absl::StatusOr<Invocation> ParseInvocation(const v1::JobSpec& spec, std::string caller, Random* random);

class Invocations {
 public:
  Invocations(const Registry* registry, DdlCache* ddls, Dispatcher* dispatcher, const Clock* clock)
      : registry_(registry), ddls_(ddls), dispatcher_(dispatcher), clock_(clock) {}

  // Ends the sink with an error, or starts a job that tells it all.
  void Run(std::shared_ptr<Invocation> invocation, std::shared_ptr<JobWatch::Sink> client);

 private:
  absl::Status TryRun(Invocation* invocation, const std::shared_ptr<JobWatch::Sink>& client,
                      const DdlCache::Entry** awaited);
  // The group of each target by the value of that fact; those without it are one more.
  std::vector<uint32_t> GroupsOf(const std::string& fact, const std::vector<Slot>& targets) const;
  // The DDL most of the targets announce.
  absl::StatusOr<const DdlCache::Entry*> EntryFor(const std::string& plugin, const std::vector<Slot>& targets) const;

  const Registry* const registry_;
  DdlCache* const ddls_;
  Dispatcher* const dispatcher_;
  const Clock* const clock_;
};

// NotFound with the nearest name the fleet has.
absl::Status NoSuchPlugin(absl::string_view plugin, const DdlCache& ddls);

}  // namespace orch::hub
