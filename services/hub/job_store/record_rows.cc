#include "services/hub/job_store/record_rows.h"

#include "base/status_macros.h"

namespace orch::hub {

absl::StatusOr<std::unique_ptr<RecordRows>> RecordRows::Create(Sqlite* file) {
  ORCH_ASSIGN_OR_RETURN(SqliteStatement put, file->Prepare("INSERT OR REPLACE INTO records VALUES (?, ?, ?)"));
  ORCH_ASSIGN_OR_RETURN(SqliteStatement erase, file->Prepare("DELETE FROM records WHERE kind = ? AND id = ?"));
  return std::unique_ptr<RecordRows>(new RecordRows(std::move(put), std::move(erase)));
}

absl::Status RecordRows::Apply(const RecordChange& change) {
  for (const RecordChange::Put& put : change.puts) {
    ORCH_RETURN_IF_ERROR(put_.With(put.key.kind, put.key.id, Blob{put.bytes}).Run());
  }
  for (const RecordKey& key : change.erases) ORCH_RETURN_IF_ERROR(erase_.With(key.kind, key.id).Run());
  return absl::OkStatus();
}

}  // namespace orch::hub
