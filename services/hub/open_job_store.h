// Which job store the configuration asks for, opened.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "services/hub/config.h"
#include "services/hub/job_store/job_store.h"

namespace orch::hub {

// Errors name the file and the remedy.
absl::StatusOr<std::unique_ptr<JobStore>> OpenJobStore(const HubConfig& config, const Clock* clock, Random* random,
                                                       Executor* loop);

}  // namespace orch::hub
