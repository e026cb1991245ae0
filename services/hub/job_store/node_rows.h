// The rows of the durable fleet, written. Every call stands within a transaction its user has begun.
// On the writer's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/hub/job_store/node_store.h"
#include "services/hub/job_store/sqlite.h"

namespace orch::hub {

class NodeRows {
 public:
  static absl::StatusOr<std::unique_ptr<NodeRows>> Create(Sqlite* file);

  // Every error is the file's (IsStoreFailure).
  absl::Status Apply(const FleetChange& change);
  absl::Status KeepDdls(const std::vector<std::string>& sha256s);

 private:
  enum Statement {
    kPutNode,
    kPutParts,
    kSetPresence,
    kForgetParts,
    kForgetNode,
    kPutDdl,
    kDdlHashes,
    kForgetDdl,
    kSetAlive,
    kStatements
  };

  explicit NodeRows(Sqlite* file) : file_(file) {}
  absl::Status Put(const v1::Node& node);
  SqliteStatement& operator[](Statement statement) { return statements_[statement]; }

  Sqlite* const file_;
  std::vector<SqliteStatement> statements_;
};

}  // namespace orch::hub
