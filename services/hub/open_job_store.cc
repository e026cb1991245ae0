#include "services/hub/open_job_store.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "services/hub/job_store/memory_job_store.h"
#include "services/hub/job_store/memory_node_store.h"
#include "services/hub/job_store/sqlite_job_store.h"

namespace orch::hub {

absl::StatusOr<OpenedStore> OpenStore(const HubConfig& config, const Clock* clock, Random* random, Executor* loop) {
  if (config.store != kStoreInMemory) {
    SqliteJobStore::Options options;
    options.path = config.store;
    options.count = config.retain_jobs;
    options.age = config.retain_age;
    options.bytes = config.retain_bytes;
    options.max_bytes = 2 * config.retain_bytes;
    ORCH_ASSIGN_OR_RETURN(std::unique_ptr<SqliteJobStore> store, SqliteJobStore::Open(clock, random, loop, options));
    std::unique_ptr<NodeStore> nodes = store->MakeNodeStore();
    return OpenedStore{std::move(store), std::move(nodes)};
  }
  MemoryJobStore::Options options;
  options.count = config.retain_jobs;
  options.age = config.retain_age;
  options.id = absl::BytesToHexString(random->Bytes(8));
  return OpenedStore{std::make_unique<MemoryJobStore>(clock, loop, std::move(options)),
                     std::make_unique<MemoryNodeStore>(loop)};
}

}  // namespace orch::hub
