// The fleet in the file of the durable job store: written by its writer, in its groups, so that one
// disk is synced for both; read once, at the start, on a connection of its own.
#pragma once

#include <string>
#include <utility>

#include "services/hub/job_store/group_writer.h"
#include "services/hub/job_store/node_store.h"

namespace orch::hub {

class SqliteNodeStore final : public NodeStore {
 public:
  // `writer`, of the file `path`, outlives it.
  SqliteNodeStore(GroupWriter* writer, std::string path) : writer_(writer), path_(std::move(path)) {}

  void Apply(FleetChange change, Done done) override;
  void KeepDdls(std::vector<std::string> sha256s, Done done) override;
  absl::Status Load(StoredFleet* fleet) override;

 private:
  GroupWriter* const writer_;
  const std::string path_;
};

}  // namespace orch::hub
