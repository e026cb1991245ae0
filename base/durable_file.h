// Files that are either complete or absent, also after a crash. Thread-safe; keeps no state.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// Writes a temporary file beside `path`, fsyncs it, renames it to `path` and fsyncs the folder. Sets the mode before it
// writes the first byte. Unavailable if the disk is full.
absl::Status WriteFileDurably(const std::string& path, absl::string_view contents, mode_t mode);
// Same for a file that exists: the new one has its owner, group and mode. NotFound if there is none.
absl::Status ReplaceFileDurably(const std::string& path, absl::string_view contents);

// Creates the file `path` (mode 0600) and reserves `bytes` of disk space for its later contents if the file system can
// do that. Unavailable if the disk is full.
absl::Status SetRoomAside(const std::string& path, size_t bytes);
// Writes `contents` into the reserved file `room`, fsyncs it and renames it to `path` in the same folder. Works on a
// full disk if `contents` fits into the reserved space. After an error `room` still exists.
absl::Status WriteIntoRoom(const std::string& room, const std::string& path, absl::string_view contents);

// Fsyncs the parent folder of `path`, so that creations, renames and deletions in it survive a crash.
absl::Status SyncFolderOf(const std::string& path);

// Returns the whole contents. NotFound, PermissionDenied, or ResourceExhausted if the file holds more than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// The status for an errno; `what_failed` names the operation and the path: "cannot open /x: Permission denied".
absl::Status ErrnoStatus(int error, absl::string_view what_failed);

}  // namespace orch
