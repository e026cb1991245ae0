// Files that are whole or not there, also after a crash.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder.
// The mode is set before the first byte is written. Unavailable when the disk is full.
absl::Status WriteFileDurably(const std::string& path, absl::string_view contents, mode_t mode);

// Makes the file `path` (mode 0600) with `bytes` set aside for what it will hold, where its file system
// can. Unavailable when the disk is full.
absl::Status SetRoomAside(const std::string& path, size_t bytes);
// Writes `contents` there, syncs, and renames it to `path`, in the same folder: works on a full disk, as
// far as the room goes. After an error the room is there still.
absl::Status WriteIntoRoom(const std::string& room, const std::string& path, absl::string_view contents);

// Makes names given or taken in the folder of `path` last.
absl::Status SyncFolderOf(const std::string& path);

// NotFound, PermissionDenied, or ResourceExhausted when the file holds more than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// Text for an errno, with what failed on which path: "cannot open /x: Permission denied".
absl::Status ErrnoStatus(int error, absl::string_view what_failed);

}  // namespace orch
