#include "services/hub/jobs/named_locks.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace orch::hub {

absl::Status NamedLocks::Acquire(const std::string& name, const std::string& job_id, const std::string& caller,
                                 int64_t now_us) {
  if (name.empty()) return absl::OkStatus();
  const auto [place, free] = held_.try_emplace(name);
  v1::ListLocksResponse::Lock& lock = place->second;
  if (!free) {
    return absl::FailedPreconditionError(absl::StrCat(
        "lock ", name, " is held by job ", lock.job_id(), " of ", lock.caller(), " since ",
        absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixMicros(lock.since_us()), absl::UTCTimeZone()),
        "; wait until it has ended, or end it (orchctl job cancel ", lock.job_id().substr(0, 8), ")"));
  }
  lock.set_name(name);
  lock.set_job_id(job_id);
  lock.set_caller(caller);
  lock.set_since_us(now_us);
  return absl::OkStatus();
}

void NamedLocks::Release(const std::string& name, const std::string& job_id) {
  const auto found = held_.find(name);
  if (found != held_.end() && found->second.job_id() == job_id) held_.erase(found);
}

void NamedLocks::List(v1::ListLocksResponse* response) const {
  for (const auto& [name, lock] : held_) *response->add_locks() = lock;
}

}  // namespace orch::hub
