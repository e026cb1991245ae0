#include "services/hub/job_store/open_store.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "services/hub/job_store/memory_job_store.h"
#include "services/hub/job_store/memory_node_store.h"
#include "services/hub/job_store/memory_record_store.h"
#include "services/hub/job_store/sqlite_job_store.h"

namespace orch::hub {

absl::StatusOr<OpenedStore> OpenStore(const StoreOptions& options, const Clock* clock, Random* random, Executor* loop) {
  if (options.path.empty()) {
    MemoryJobStore::Options in_memory;
    in_memory.count = options.count;
    in_memory.age = options.age;
    in_memory.id = absl::BytesToHexString(random->Bytes(8));
    return OpenedStore{std::make_unique<MemoryJobStore>(clock, loop, std::move(in_memory)),
                       std::make_unique<MemoryNodeStore>(loop), std::make_unique<MemoryRecordStore>(loop)};
  }
  SqliteJobStore::Options in_file;
  in_file.path = options.path;
  in_file.count = options.count;
  in_file.age = options.age;
  in_file.bytes = options.bytes;
  in_file.max_bytes = 2 * options.bytes;
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<SqliteJobStore> store, SqliteJobStore::Open(clock, random, loop, in_file));
  std::unique_ptr<NodeStore> nodes = store->MakeNodeStore();
  std::unique_ptr<RecordStore> records = store->MakeRecordStore();
  return OpenedStore{std::move(store), std::move(nodes), std::move(records)};
}

}  // namespace orch::hub
