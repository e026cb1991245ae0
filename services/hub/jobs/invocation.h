// From a client's request to invoke an action to the request of a job: the targets are chosen, the description (DDL) of
// the plugin is resolved, the job's request is built. Off the hub's loop, except where said otherwise; used by one
// thread at a time.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "orch/v1/job.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/job_access.h"
#include "services/hub/jobs/ddl_choice.h"
#include "services/hub/jobs/run/job_request.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

// Added to a DDL's timeout before the hub gives a task up.
inline constexpr absl::Duration kDeadlineGrace = absl::Seconds(2);

class Invocation {
 public:
  Invocation(v1::JobSpec spec, auth::Caller caller, const AccessControl* access, absl::Duration begin)
      : spec_(std::move(spec)), caller_(std::move(caller)), access_control_(access), begin_(begin), ddls_(spec_) {}
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;

  // These three, in this order. The first reads filter and inputs and says which columns of the fleet the filter needs;
  // InvalidArgument names the field and the remedy; PermissionDenied the rule.
  absl::Status Read(Random* random, ColumnNames* names);
  // On the loop. As DdlChoice::Take.
  absl::Status TakeDdls(const DdlCache& ddls) { return ddls_.Take(ddls); }
  // Chooses the targets, resolves the DDL, builds the request. Unavailable, with awaited() set, when the text of the
  // DDL has not come yet: TakeDdls and Plan may then be tried again.
  absl::Status Plan(const FleetSnapshot& fleet, const Clock& clock, StepBudget* budget);

  const v1::JobSpec& spec() const { return spec_; }
  const auth::Caller& caller() const { return caller_; }
  const std::string& awaited() const { return ddls_.awaited(); }
  // Once, after Plan.
  JobRequest TakeRequest() { return std::move(request_); }
  const JobRequest& request() const { return request_; }
  const JobDecision& decision() const { return decision_; }

 private:
  absl::StatusOr<Chosen> ChooseTargets(const FleetSnapshot& fleet, StepBudget* budget) const;
  absl::Status BuildRequest(const FleetSnapshot& fleet, Chosen targets, const DdlChoice::Chosen& ddl,
                            StepBudget* budget);
  // Applies what the rules say of the chosen targets to the request.
  absl::Status ApplyRules(const FleetSnapshot& fleet, const Chosen& targets, bool changes, StepBudget* budget);
  absl::Status SetTargets(const FleetSnapshot& fleet, Chosen targets, StepBudget* budget);

  const v1::JobSpec spec_;
  const auth::Caller caller_;
  const AccessControl* const access_control_;
  const absl::Duration begin_;  // steady
  bool read_ = false;
  TargetQuery query_;
  Json inputs_;
  std::optional<JobAccess> access_;  // from Read on
  DdlChoice ddls_;
  JobDecision decision_;
  JobRequest request_;
};

}  // namespace orch::hub
