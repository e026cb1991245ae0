#include "services/hub/job_store/memory_record_store.h"

#include <utility>

namespace orch::hub {

void MemoryRecordStore::Apply(RecordChange change, Done done) {
  for (RecordChange::Put& put : change.puts) records_[put.key.kind][put.key.id] = std::move(put.bytes);
  for (const RecordKey& key : change.erases) {
    if (const auto kind = records_.find(key.kind); kind != records_.end()) kind->second.erase(key.id);
  }
  if (done == nullptr) return;
  executor_->Post([done = std::move(done)]() mutable { done(absl::OkStatus()); });
}

absl::Status MemoryRecordStore::Load(absl::string_view kind,
                                     const std::function<void(const std::string& id, const std::string& bytes)>& take) {
  const auto found = records_.find(std::string(kind));
  if (found == records_.end()) return absl::OkStatus();
  for (const auto& [id, bytes] : found->second) take(id, bytes);
  return absl::OkStatus();
}

}  // namespace orch::hub
