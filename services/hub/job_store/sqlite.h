// One connection to an SQLite file, and its statements: statuses instead of codes, nothing more.
// Used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orch::hub {

// Bytes that are no text.
struct Blob {
  absl::string_view bytes;
};

// Prepared once, run often. Destroyed before its connection.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3* database, sqlite3_stmt* statement, const std::string* path)
      : database_(database), statement_(statement, &Finalize), path_(path) {}

  // Starts anew with these values for its question marks. Texts and blobs must live until Reset.
  template <typename... Values>
  SqliteStatement& With(const Values&... values) {
    Reset();
    int index = 0;
    (Bind(++index, values), ...);
    return *this;
  }
  // True: there is a row; false: done, and reset.
  absl::StatusOr<bool> Step();
  // For statements without rows.
  absl::Status Run();
  // Gives up what is left of the rows, so that the file is not held.
  void Reset();

  // Of the row stepped to.
  int64_t Int(int column) const;
  // Valid until the next Step or Reset.
  absl::string_view Bytes(int column) const;
  std::string Text(int column) const { return std::string(Bytes(column)); }

 private:
  static void Finalize(sqlite3_stmt* statement);
  template <typename Integer>
  requires std::is_integral_v<Integer>
  void Bind(int index, Integer value) { BindInt(index, static_cast<int64_t>(value)); }
  void Bind(int index, absl::string_view text) { BindText(index, text); }
  void Bind(int index, const Blob& blob) { BindBlob(index, blob.bytes); }
  void BindInt(int index, int64_t value);
  void BindText(int index, absl::string_view text);
  void BindBlob(int index, absl::string_view bytes);

  sqlite3* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, void (*)(sqlite3_stmt*)> statement_{nullptr, &Finalize};
  const std::string* path_ = nullptr;  // the connection's
};

class Sqlite {
 public:
  enum class Mode { kRead, kWrite };
  // The file must be there. Errors name it: ResourceExhausted (no space left), DataLoss (damaged, or
  // no such file format), Unavailable (in use), PermissionDenied, Internal (anything else).
  static absl::StatusOr<std::unique_ptr<Sqlite>> Open(const std::string& path, Mode mode);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  // Whether the write-ahead log is put into the file when this closes: it is, unless told not to.
  void set_log_kept(bool kept);

  // One or several statements whose rows nobody wants.
  absl::Status Run(const std::string& sql);
  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);
  // First column of the first row.
  absl::StatusOr<int64_t> Number(absl::string_view sql);
  absl::StatusOr<std::string> Text(absl::string_view sql);
  // False once a failure has ended the transaction by itself.
  bool InTransaction() const;
  int64_t LastRow() const;
  uint64_t Changed() const;  // rows, by the last statement
  const std::string& path() const { return path_; }

 private:
  Sqlite(std::string path, sqlite3* database) : path_(std::move(path)), database_(database) {}

  const std::string path_;
  sqlite3* const database_;
};

}  // namespace orch::hub
