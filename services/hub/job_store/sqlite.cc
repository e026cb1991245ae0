#include "services/hub/job_store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr int kBusyMilliseconds = 5000;

bool MeansFull(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

// What the system last said of a file: 0 for nothing.
int LastErrno(sqlite3* database, int which_file) {
  sqlite3_file* file = nullptr;
  int error = 0;
  if (sqlite3_file_control(database, "main", which_file, &file) != SQLITE_OK) return 0;
  if (file == nullptr || file->pMethods == nullptr) return 0;
  file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

// SQLite knows ENOSPC only; a quota and a limit on a file's size are I/O errors to it.
bool IsFull(sqlite3* database, int code) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  if ((code & 0xff) != SQLITE_IOERR) return false;
  return MeansFull(sqlite3_system_errno(database)) || MeansFull(LastErrno(database, SQLITE_FCNTL_FILE_POINTER)) ||
         MeansFull(LastErrno(database, SQLITE_FCNTL_JOURNAL_POINTER));  // in WAL mode: the log
}

absl::Status Failure(sqlite3* database, const std::string& path) {
  const int code = sqlite3_extended_errcode(database);
  const std::string message = absl::StrCat("job store ", path, ": ", sqlite3_errmsg(database));
  if (IsFull(database, code)) {
    return absl::ResourceExhaustedError(absl::StrCat("job store ", path, ": disk full or at its size limit (",
                                                     sqlite3_errmsg(database),
                                                     "); make room, or forget jobs with orchctl job prune"));
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message);
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return absl::PermissionDeniedError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

void SqliteStatement::Finalize(sqlite3_stmt* statement) { sqlite3_finalize(statement); }

absl::StatusOr<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    Reset();
    return false;
  }
  const absl::Status status = Failure(database_, *path_);
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

absl::StatusOr<std::unique_ptr<Sqlite>> Sqlite::Open(const std::string& path, Mode mode) {
  sqlite3* database = nullptr;
  const int flags = (mode == Mode::kWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<Sqlite> opened(new Sqlite(path, database));
  if (code != SQLITE_OK) return Failure(database, path);
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
  return Failure(database_, path_);
}

absl::StatusOr<SqliteStatement> Sqlite::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    return Failure(database_, path_);
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
