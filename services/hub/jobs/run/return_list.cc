#include "services/hub/jobs/run/return_list.h"

namespace orch::hub {

std::vector<JobRun*> ReturnList::Take(absl::string_view identity) {
  const auto found = waiting_.find(identity);
  if (found == waiting_.end()) return {};
  std::vector<JobRun*> runs(found->second.begin(), found->second.end());
  waiting_.erase(found);
  return runs;
}

void ReturnList::Forget(const std::string& identity, JobRun* run) {
  const auto found = waiting_.find(identity);
  if (found == waiting_.end()) return;
  found->second.erase(run);
  if (found->second.empty()) waiting_.erase(found);
}

bool ReturnList::Park() {
  if (parked_ >= kMaxQueuedTasks) return false;
  ++parked_;
  return true;
}

}  // namespace orch::hub
