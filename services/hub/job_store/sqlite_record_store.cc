#include "services/hub/job_store/sqlite_record_store.h"

#include <algorithm>
#include <memory>

#include "base/status_macros.h"

namespace orch::hub {

void SqliteRecordStore::Apply(RecordChange change, Done done) {
  GroupWriter::Write write;
  write.rows = std::max<size_t>(1, change.puts.size() + change.erases.size());
  write.bytes = write.rows * kRowOverhead;
  for (const RecordChange::Put& put : change.puts) write.bytes += put.bytes.size();
  write.apply_records = [change = std::move(change)](RecordRows* rows) { return rows->Apply(change); };
  write.done = std::move(done);
  writer_->Add(std::move(write));
}

absl::Status SqliteRecordStore::Load(absl::string_view kind,
                                     const std::function<void(const std::string& id, const std::string& bytes)>& take) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<Sqlite> file, Sqlite::Open(path_, Sqlite::Mode::kRead));
  ORCH_ASSIGN_OR_RETURN(SqliteStatement records,
                        file->Prepare("SELECT id, bytes FROM records WHERE kind = ? ORDER BY id"));
  records.With(kind);
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, records.Step());
    if (!row) return absl::OkStatus();
    take(records.Text(0), records.Text(1));
  }
}

}  // namespace orch::hub
