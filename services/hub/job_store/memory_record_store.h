// Keeps records in memory. A restarted hub has none of them. The hub's loop only.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/executor.h"
#include "services/hub/job_store/record_store.h"

namespace orch::hub {

class MemoryRecordStore final : public RecordStore {
 public:
  explicit MemoryRecordStore(Executor* executor) : executor_(executor) {}

  void Apply(RecordChange change, Done done) override;
  absl::Status Load(absl::string_view kind,
                    const std::function<void(const std::string& id, const std::string& bytes)>& take) override;
  bool durable() const override { return false; }

 private:
  Executor* const executor_;
  std::map<std::string, std::map<std::string, std::string>> records_;  // by kind, then by id
};

}  // namespace orch::hub
