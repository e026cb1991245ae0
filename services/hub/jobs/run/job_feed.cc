#include "services/hub/jobs/run/job_feed.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::hub {

absl::Status JobFeed::Add(std::unique_ptr<JobWatch>* watch) {
  ForEach([](JobWatch*) {});  // forgets who is gone
  if (watches_.size() >= kMaxWatchesPerJob) {
    return absl::ResourceExhaustedError(absl::StrCat("the job is watched by ", watches_.size(),
                                                     " clients, the most it can be; try again when one has left"));
  }
  watches_.push_back(std::move(*watch));
  return absl::OkStatus();
}

}  // namespace orch::hub
