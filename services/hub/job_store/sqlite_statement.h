// One prepared statement of an SQLite connection: prepared once, run often. Made by Sqlite::Prepare and destroyed
// before its connection. Errors are those of sqlite_error.h. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orch::hub {

// Bytes that are bound as a blob, not as text.
struct Blob {
  absl::string_view bytes;
};

class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3* database, sqlite3_stmt* statement, const std::string* path)
      : database_(database), statement_(statement, &Finalize), path_(path) {}

  // Resets the statement and binds these values to its question marks. Texts and blobs must live until Reset.
  template <typename... Values>
  SqliteStatement& With(const Values&... values) {
    Reset();
    int index = 0;
    (Bind(++index, values), ...);
    return *this;
  }
  // True when there is a row; false when the statement is done, and then it is reset.
  absl::StatusOr<bool> Step();
  // Runs a statement without rows.
  absl::Status Run();
  // Gives up the rows that are left, so that the statement no longer holds the file.
  void Reset();

  // A column of the row that Step has reached.
  int64_t Int(int column) const;
  // The bytes are valid until the next Step or Reset.
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

}  // namespace orch::hub
