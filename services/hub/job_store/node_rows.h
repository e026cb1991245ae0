// Writes the rows of the durable fleet. Every call is part of a transaction that the caller has begun. Owned by the
// GroupWriter; the writer's thread only.
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

  // Both functions fail only because of the file (IsStoreFailure).
  absl::Status Apply(const FleetChange& change);
  absl::Status KeepDdls(const std::vector<std::string>& sha256s);

 private:
  enum Statement {
    kPutNode,
    kPutParts,
    kSetRest,
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
  absl::Status SetPresence(const v1::Node& node);
  SqliteStatement& operator[](Statement statement) { return statements_[statement]; }

  Sqlite* const file_;
  std::vector<SqliteStatement> statements_;
};

}  // namespace orch::hub
