#include "services/hub/job_store/sqlite.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "services/hub/job_store/sqlite_error.h"

namespace orch::hub {
namespace {

constexpr int kBusyMilliseconds = 5000;

}  // namespace

absl::StatusOr<std::unique_ptr<Sqlite>> Sqlite::Open(const std::string& path, Mode mode) {
  sqlite3* database = nullptr;
  const int flags = (mode == Mode::kWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<Sqlite> opened(new Sqlite(path, database));
  if (code != SQLITE_OK) return SqliteError(database, path);
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  return opened;
}

Sqlite::~Sqlite() { sqlite3_close(database_); }

void Sqlite::set_log_kept(bool kept) {
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, kept ? 1 : 0, nullptr);
}

absl::Status Sqlite::Run(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return absl::OkStatus();
  return SqliteError(database_, path_);
}

absl::StatusOr<SqliteStatement> Sqlite::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    return SqliteError(database_, path_);
  }
  return SqliteStatement(database_, statement, &path_);
}

absl::StatusOr<int64_t> Sqlite::Number(absl::string_view sql) {
  ORCH_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  ORCH_ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return absl::InternalError(absl::StrCat("job store ", path_, ": no answer to ", sql));
  return statement.Int(0);
}

absl::StatusOr<std::string> Sqlite::Text(absl::string_view sql) {
  ORCH_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  ORCH_ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return absl::InternalError(absl::StrCat("job store ", path_, ": no answer to ", sql));
  return statement.Text(0);
}

bool Sqlite::InTransaction() const { return sqlite3_get_autocommit(database_) == 0; }

int64_t Sqlite::LastRow() const { return sqlite3_last_insert_rowid(database_); }

uint64_t Sqlite::Changed() const { return static_cast<uint64_t>(sqlite3_changes64(database_)); }

}  // namespace orch::hub
