#include "services/hub/job_store/sqlite_statement.h"

#include <sqlite3.h>

#include "services/hub/job_store/sqlite_error.h"

namespace orch::hub {

void SqliteStatement::Finalize(sqlite3_stmt* statement) { sqlite3_finalize(statement); }

absl::StatusOr<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    Reset();
    return false;
  }
  const absl::Status status = SqliteError(database_, *path_);
  Reset();
  return status;
}

absl::Status SqliteStatement::Run() {
  const auto row = Step();
  Reset();
  return row.status();
}

void SqliteStatement::Reset() { sqlite3_reset(statement_.get()); }

int64_t SqliteStatement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

absl::string_view SqliteStatement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void SqliteStatement::BindInt(int index, int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }

// A null pointer would bind NULL.
void SqliteStatement::BindText(int index, absl::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void SqliteStatement::BindBlob(int index, absl::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
}

}  // namespace orch::hub
