#include "services/hub/job_store/sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

bool MeansFull(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

// The last error that the system reported for a file; 0 when there is none.
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

}  // namespace

absl::Status SqliteError(sqlite3* database, const std::string& path) {
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

}  // namespace orch::hub
