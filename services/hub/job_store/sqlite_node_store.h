// Keeps the fleet in the file of the durable job store. The store's writer commits jobs and nodes in the same groups,
// so that one sync of the disk serves both. Load reads on a connection of its own. The hub's loop only.
#pragma once

#include <string>
#include <utility>

#include "services/hub/job_store/group_writer.h"
#include "services/hub/job_store/node_store.h"

namespace orch::hub {

class SqliteNodeStore final : public NodeStore {
 public:
  // `writer` writes the file `path` and must outlive this store.
  SqliteNodeStore(GroupWriter* writer, std::string path) : writer_(writer), path_(std::move(path)) {}

  void Apply(FleetChange change, Done done) override;
  void KeepDdls(std::vector<std::string> sha256s, Done done) override;
  absl::Status Load(StoredFleet* fleet) override;

 private:
  GroupWriter* const writer_;
  const std::string path_;
};

}  // namespace orch::hub
