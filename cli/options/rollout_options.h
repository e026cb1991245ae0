// The options that control how a job is rolled out and how long it lives: canaries, groups, retries, queueing, locks.
// The client only parses them and copies them into the job's spec; the hub does the work. Batches and the window
// (--concurrency) are among the common options.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/option_table.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

struct RolloutOptions {
  uint32_t canary = 0;
  bool canary_continue = false;
  absl::Duration splay;
  std::string group_by;
  uint32_t group_concurrency = 0;
  uint32_t groups_at_once = 0;
  uint32_t retries = 0;
  absl::Duration retry_sleep;
  bool queue = false;
  absl::Duration ttl;
  std::string lock;
  std::string idempotency_key;
  bool record = false;
  bool async = false;
  bool live = false;
};

void AddRolloutOptions(RolloutOptions* options, OptionTable* table);

// Checks combinations of options, such as --queue without --ttl.
absl::Status CheckRolloutOptions(const RolloutOptions& options);

// Copies the options into `spec`.
void FillRollout(const RolloutOptions& options, v1::JobSpec* spec);

// Copies from `spec` those options that were not given. The idempotency key is left out, because it belongs to one job.
void AdoptRollout(const v1::JobSpec& spec, RolloutOptions* options);

// Returns how much longer than a plain job a job with this rollout may run: InfiniteDuration if somebody may have to
// resume it. `task` is the longest time one node may take.
absl::Duration LongestRollout(const v1::JobSpec& spec, uint32_t targets, absl::Duration task);

}  // namespace orch::cli
