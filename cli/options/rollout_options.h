// The options that control how a job is rolled out and how long it lives: canaries, groups,
// retries, queueing, locks. The client only parses them and copies them into the job's spec; the
// hub does the work. Batches and the window (--concurrency) are among the common options.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/option_table.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// Zero, empty and false mean that an option was not given.
struct RolloutOptions {
  uint32_t canary = 0;             // number of nodes that get the command first
  bool canary_continue = false;    // whether the job continues without a decision after the canary
  absl::Duration splay;            // time over which the starts on the nodes are spread
  std::string group_by;            // fact whose values form the groups
  uint32_t group_concurrency = 0;  // most nodes of one group that work concurrently
  uint32_t groups_at_once = 0;     // most groups that work concurrently
  uint32_t retries = 0;            // most retries on a node where an idempotent action failed
  absl::Duration retry_sleep;      // pause before a retry
  bool queue = false;              // whether the command waits for nodes that are away
  absl::Duration ttl;              // how long it waits for them
  std::string reason;
  std::string ticket;
  std::string lock;             // name of the lock that the job holds
  std::string idempotency_key;  // a repeated request with this key follows the first job
  bool record = false;          // whether the hub stores the job even if it only reads
  bool async = false;           // whether the client ends when the job is accepted
  bool live = false;            // whether the output of running actions is shown
};

// Adds the options to `table`, bound to the fields of `options`, which must outlive the table.
void AddRolloutOptions(RolloutOptions* options, OptionTable* table);

// Checks combinations of options, such as --queue without --ttl.
absl::Status CheckRolloutOptions(const RolloutOptions& options);

// Copies the options into `spec`.
void FillRollout(const RolloutOptions& options, v1::JobSpec* spec);

// Copies from `spec` those options that were not given. The idempotency key is left out, because it
// belongs to one job.
void AdoptRollout(const v1::JobSpec& spec, RolloutOptions* options);

// Returns how much longer than a plain job a job with this rollout may run: InfiniteDuration if
// somebody may have to resume it. `task` is the longest time one node may take.
absl::Duration LongestRollout(const v1::JobSpec& spec, uint32_t targets, absl::Duration task);

}  // namespace orch::cli
