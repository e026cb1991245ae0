// Which store the configuration asks for, opened: its jobs and its fleet.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "services/hub/config.h"
#include "services/hub/job_store/job_store.h"
#include "services/hub/job_store/node_store.h"

namespace orch::hub {

struct OpenedStore {
  std::unique_ptr<JobStore> jobs;
  std::unique_ptr<NodeStore> nodes;  // must go before `jobs`
};

// Errors name the file and the remedy.
absl::StatusOr<OpenedStore> OpenStore(const HubConfig& config, const Clock* clock, Random* random, Executor* loop);

}  // namespace orch::hub
