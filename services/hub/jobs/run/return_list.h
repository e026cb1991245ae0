// Which jobs wait for which nodes to come back, so that a node that attaches is asked about its own
// jobs only. Bounded in commands queued for nodes that are away. On the hub's loop.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace orch::hub {

class JobRun;

// Tasks that wait for nodes that are away, over all jobs; more end OFFLINE at once.
inline constexpr size_t kMaxQueuedTasks = 200'000;

class ReturnList {
 public:
  // Until Take or Forget. Doing it twice changes nothing.
  void Add(const std::string& identity, JobRun* run) { waiting_[identity].insert(run); }
  std::vector<JobRun*> Take(absl::string_view identity);
  // The job is over: it waits for none of these any more.
  void Forget(const std::string& identity, JobRun* run);

  // A task is parked until its node comes; false at the bound.
  bool Park();
  void Unpark() { --parked_; }
  size_t parked() const { return parked_; }

 private:
  absl::flat_hash_map<std::string, absl::flat_hash_set<JobRun*>> waiting_;
  size_t parked_ = 0;
};

}  // namespace orch::hub
