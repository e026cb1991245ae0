// Which jobs wait for which absent nodes, so that a node that attaches concerns only its own jobs. The number of tasks
// that wait for absent nodes is bounded. On the hub's loop; owned by the dispatcher.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace orch::hub {

class JobRun;

// Tasks of all jobs that may wait for absent nodes; further ones end OFFLINE at once.
inline constexpr size_t kMaxQueuedTasks = 200'000;

class ReturnList {
 public:
  // The job waits for the node until Take or Forget. A second call changes nothing.
  void Add(const std::string& identity, JobRun* run) { waiting_[identity].insert(run); }
  std::vector<JobRun*> Take(absl::string_view identity);
  // The job no longer waits for the node.
  void Forget(const std::string& identity, JobRun* run);

  // Counts one more waiting task; false at the bound.
  bool Park();
  void Unpark() { --parked_; }
  size_t parked() const { return parked_; }

 private:
  absl::flat_hash_map<std::string, absl::flat_hash_set<JobRun*>> waiting_;
  size_t parked_ = 0;
};

}  // namespace orch::hub
