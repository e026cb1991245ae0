// Opens the store of jobs and fleet that the configuration asks for. A free function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "services/hub/job_store/job_store.h"
#include "services/hub/job_store/node_store.h"
#include "services/hub/job_store/record_store.h"

namespace orch::hub {

struct StoreOptions {
  std::string path;  // empty: in memory
  // Bounds of the finished jobs that are kept. In memory `bytes` does not count.
  size_t count;
  absl::Duration age;
  uint64_t bytes;
};

struct OpenedStore {
  std::unique_ptr<JobStore> jobs;
  std::unique_ptr<NodeStore> nodes;      // must be destroyed before `jobs`
  std::unique_ptr<RecordStore> records;  // likewise
};

// Errors name the file and the remedy.
absl::StatusOr<OpenedStore> OpenStore(const StoreOptions& options, const Clock* clock, Random* random, Executor* loop);

}  // namespace orch::hub
