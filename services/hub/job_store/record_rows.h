// Writes the rows of the durable records. Every call is part of a transaction that the caller has begun. Owned by the
// GroupWriter; the writer's thread only.
#pragma once

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/hub/job_store/record_store.h"
#include "services/hub/job_store/sqlite.h"

namespace orch::hub {

class RecordRows {
 public:
  static absl::StatusOr<std::unique_ptr<RecordRows>> Create(Sqlite* file);

  // Fails only because of the file (IsStoreFailure).
  absl::Status Apply(const RecordChange& change);

 private:
  RecordRows(SqliteStatement put, SqliteStatement erase) : put_(std::move(put)), erase_(std::move(erase)) {}

  SqliteStatement put_;
  SqliteStatement erase_;
};

}  // namespace orch::hub
