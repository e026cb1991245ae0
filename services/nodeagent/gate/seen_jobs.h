// Remembers the ids of jobs that this node has accepted, so that no job runs here twice. Beyond kMaxSeenJobs the oldest
// ids are forgotten; by then their envelopes have long expired. Owned by CommandGate; used on the loop.
#pragma once

#include <deque>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace orch::nodeagent {

class SeenJobs {
 public:
  static constexpr size_t kMaxSeenJobs = 8192;

  // Remembers `attempt_id`. Returns false if it was remembered before.
  bool Insert(absl::string_view attempt_id) {
    if (!ids_.emplace(attempt_id).second) return false;
    order_.emplace_back(attempt_id);
    if (order_.size() > kMaxSeenJobs) {
      ids_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }
  bool Contains(absl::string_view attempt_id) const { return ids_.contains(attempt_id); }

 private:
  absl::flat_hash_set<std::string> ids_;
  std::deque<std::string> order_;
};

}  // namespace orch::nodeagent
