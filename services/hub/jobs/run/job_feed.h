// The watches of one job. Every watch is told everything; a client that is slow or gone delays nobody else. On the
// hub's loop; owned by the run.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "services/hub/jobs/run/job_watch.h"

namespace orch::hub {

inline constexpr size_t kMaxWatchesPerJob = 64;

class JobFeed {
 public:
  // ResourceExhausted at the bound; the watch then stays with the caller.
  absl::Status Add(std::unique_ptr<JobWatch>* watch);
  // Calls `tell` with every watch, and drops those whose client has gone.
  template <typename Tell>
  void ForEach(Tell tell) {
    size_t kept = 0;
    for (size_t i = 0; i < watches_.size(); ++i) {
      tell(watches_[i].get());
      if (watches_[i]->open()) watches_[kept++].swap(watches_[i]);
    }
    watches_.resize(kept);
  }
  // Tells every watch of a reply (JobWatch::AddReply); the last one takes it.
  void AddReply(uint64_t number, v1::Reply reply);
  size_t size() const { return watches_.size(); }

 private:
  std::vector<std::unique_ptr<JobWatch>> watches_;
};

}  // namespace orch::hub
