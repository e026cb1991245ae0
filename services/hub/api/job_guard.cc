#include "services/hub/api/job_guard.h"

#include <utility>

namespace orch::hub {

void JobGuard::FindOwner(const std::string& job_id,
                         std::function<void(const absl::StatusOr<std::string>&)> then) const {
  if (const absl::Status status = CheckJobIdPrefix(job_id); !status.ok()) return then(status);
  if (std::string owner = dispatcher_->CallerOf(job_id); !owner.empty()) return then(std::move(owner));
  store_->Get(job_id, [then = std::move(then)](const absl::StatusOr<StoredJob>& job) {
    then(job.ok() ? absl::StatusOr<std::string>(job->caller) : job.status());
  });
}

void JobGuard::MayRead(const auth::Caller& caller, const std::string& job_id, const char* method, Then then) const {
  if (access_->SeesEveryNode(caller)) return then(access_->Check(caller, v1::READ, method));
  FindOwner(job_id, [caller, job_id, then = std::move(then)](const absl::StatusOr<std::string>& owner) {
    if (!owner.ok()) return then(owner.status());
    then(*owner == caller.id ? absl::OkStatus() : NoSuchJob(job_id));
  });
}

void JobGuard::MaySteer(const auth::Caller& caller, const std::string& job_id, const char* method, Then then) const {
  FindOwner(job_id, [this, caller, job_id, method, then = std::move(then)](const absl::StatusOr<std::string>& owner) {
    if (!owner.ok()) return then(owner.status());
    if (*owner == caller.id) return then(access_->Check(caller, v1::CONTROL, method));
    const bool hidden = !access_->MaySeeJobOf(caller, *owner) && !access_->May(caller, v1::ADMINISTER);
    then(hidden ? NoSuchJob(job_id) : access_->Check(caller, v1::ADMINISTER, method));
  });
}

}  // namespace orch::hub
