// The last error of an SQLite connection as a status. A free function; keeps nothing.
#pragma once

#include <string>

#include "absl/status/status.h"

struct sqlite3;

namespace orch::hub {

// The message names the file `path`. ResourceExhausted: no space is left. DataLoss: the file is damaged or no SQLite
// file. Unavailable: it is in use. PermissionDenied: it may not be read or written. Internal: anything else.
absl::Status SqliteError(sqlite3* database, const std::string& path);

}  // namespace orch::hub
