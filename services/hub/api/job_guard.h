// Decides who may read or steer which job: one's own jobs are one's own; the jobs of others may be read by those who
// may read every node, and steered by administrators. A job that one may not read does not exist for one. Owned by the
// hub; its loop only.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/hub/access/access_control.h"
#include "services/hub/job_store/job_store.h"
#include "services/hub/jobs/dispatcher.h"

namespace orch::hub {

class JobGuard {
 public:
  JobGuard(const AccessControl* access, const Dispatcher* dispatcher, JobStore* store)
      : access_(access), dispatcher_(dispatcher), store_(store) {}

  // Called once, on the loop: OK, NotFound as for a job that does not exist, or PermissionDenied with the rule.
  using Then = std::function<void(const absl::Status&)>;
  // `job_id` may be shortened. `method`: for the audit log.
  void MayRead(const auth::Caller& caller, const std::string& job_id, const char* method, Then then) const;
  void MaySteer(const auth::Caller& caller, const std::string& job_id, const char* method, Then then) const;

 private:
  // The caller who began the job.
  void FindOwner(const std::string& job_id, std::function<void(const absl::StatusOr<std::string>&)> then) const;

  const AccessControl* const access_;
  const Dispatcher* const dispatcher_;
  JobStore* const store_;
};

}  // namespace orch::hub
