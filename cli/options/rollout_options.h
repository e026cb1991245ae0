// How a job is rolled out and how long it lives, as options: canaries, groups, retries, queueing,
// locks. All of it is done by the hub; here it is only parsed and put into the spec. Batches and
// the window (--concurrency) are among the common options.
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

// What single options cannot know: "--ttl without --queue" and the like.
absl::Status CheckRolloutOptions(const RolloutOptions& options);

void FillRollout(const RolloutOptions& options, v1::JobSpec* spec);

// What `spec` asked for, where these options say nothing. The key is left out: it is of one job.
void AdoptRollout(const v1::JobSpec& spec, RolloutOptions* options);

// How much longer than a plain job these let it run, and whether somebody may have to resume it:
// then there is no bound.
absl::Duration LongestRollout(const v1::JobSpec& spec, uint32_t targets, absl::Duration task);

}  // namespace orch::cli
