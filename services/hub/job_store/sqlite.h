// One connection to an SQLite file: statuses in place of error codes, nothing more. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/hub/job_store/sqlite_statement.h"

struct sqlite3;

namespace orch::hub {

class Sqlite {
 public:
  enum class Mode { kRead, kWrite };
  // Opens a file that exists. Errors are those of sqlite_error.h, here and below.
  static absl::StatusOr<std::unique_ptr<Sqlite>> Open(const std::string& path, Mode mode);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  // When `kept`, closing the connection leaves the write-ahead log as it is; otherwise its pages are put into the file.
  void set_log_kept(bool kept);

  // Runs one or several statements and ignores their rows.
  absl::Status Run(const std::string& sql);
  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);
  // The first column of the first row.
  absl::StatusOr<int64_t> Number(absl::string_view sql);
  absl::StatusOr<std::string> Text(absl::string_view sql);
  // False as well when a failure has ended the transaction by itself.
  bool InTransaction() const;
  int64_t LastRow() const;
  uint64_t Changed() const;  // rows that the last statement changed
  const std::string& path() const { return path_; }

 private:
  Sqlite(std::string path, sqlite3* database) : path_(std::move(path)), database_(database) {}

  const std::string path_;
  sqlite3* const database_;
};

}  // namespace orch::hub
