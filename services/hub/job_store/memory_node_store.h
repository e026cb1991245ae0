// Keeps the fleet in memory, with facts and DDLs compressed. A restarted hub has none of it. The hub's loop only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/executor.h"
#include "services/hub/job_store/node_store.h"

namespace orch::hub {

class MemoryNodeStore final : public NodeStore {
 public:
  explicit MemoryNodeStore(Executor* executor) : executor_(executor) {}

  void Apply(FleetChange change, Done done) override;
  void KeepDdls(std::vector<std::string> sha256s, Done done) override;
  absl::Status Load(StoredFleet* fleet) override;

 private:
  struct Packed {
    std::string bytes;
    size_t size = 0;  // of the text
  };
  struct Kept {
    v1::Node node;  // without facts
    Packed facts;
  };
  static Packed PackText(const std::string& text);

  Executor* const executor_;
  std::map<std::string, Kept> nodes_;
  std::map<std::string, Packed> ddls_;  // by SHA-256
  int64_t alive_us_ = 0;
};

}  // namespace orch::hub
