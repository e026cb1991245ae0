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

void JobFeed::AddReply(uint64_t number, v1::Reply reply) {
  const JobWatch* const last = watches_.empty() ? nullptr : watches_.back().get();
  ForEach([&](JobWatch* watch) {
    if (watch == last) {
      watch->AddReply(number, std::move(reply));
    } else {
      watch->AddReply(number, reply);
    }
  });
}

}  // namespace orch::hub
