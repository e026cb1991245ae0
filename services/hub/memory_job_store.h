// Jobs in memory, bounded by count, age and bytes. A hub that restarts has forgotten them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "services/hub/job_store.h"

namespace orch::hub {

class MemoryJobStore final : public JobStore {
 public:
  struct Options {
    size_t count = 1000;                    // finished jobs kept
    absl::Duration age = absl::Hours(1);    // after they finished
    size_t bytes = 128u << 20;              // of replies in all; then replies are kept without their data
  };
  MemoryJobStore(const Clock* clock, Options options) : clock_(clock), options_(options) {}

  absl::Status Create(const StoredJob& job) override;
  absl::Status AppendReply(absl::string_view job_id, const v1::Reply& reply) override;
  absl::Status Finish(absl::string_view job_id, const v1::JobSummary& summary) override;
  absl::StatusOr<StoredJob> Get(absl::string_view job_id) const override;
  absl::StatusOr<std::vector<v1::Reply>> Replies(absl::string_view job_id, size_t offset, size_t limit) const override;
  std::vector<StoredJob> List(size_t limit) const override;
  void Expire() override;

 private:
  struct Kept {
    StoredJob job;
    uint64_t serial = 0;
    absl::Duration finished;
    std::vector<v1::Reply> replies;
    absl::flat_hash_set<std::string> answered;
    size_t bytes = 0;
  };

  Kept* Find(absl::string_view job_id) const;
  void DropOldestFinished();

  const Clock* const clock_;
  const Options options_;
  absl::flat_hash_map<std::string, std::unique_ptr<Kept>> jobs_;
  std::deque<std::string> finished_;  // oldest first
  size_t bytes_ = 0;
  uint64_t next_serial_ = 1;
};

}  // namespace orch::hub
