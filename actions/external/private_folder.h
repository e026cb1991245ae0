// A folder for one call of a plugin that no other user can read. The destructor removes it; the folder of a process
// that was killed is not locked any more, and the next start of the agent removes it. The folder is not below the
// agent's state directory, because a call must work even if that disk is full. The call owns it and uses it on its
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::actions {

class PrivateFolder {
 public:
  // Makes a folder with mode 0700 in $TMPDIR or /tmp.
  static absl::StatusOr<std::unique_ptr<PrivateFolder>> Create();
  // Removes the folders of this user in $TMPDIR or /tmp that no process uses.
  static void SweepLeft();
  // Removes the folder and its contents.
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const;
  // Writes a file with mode 0600; replaces an older one atomically.
  absl::Status Write(absl::string_view name, absl::string_view contents) const;
  // Reads a file that the plugin wrote. The plugin is not trusted, so only a regular file is read, never through a
  // link. NotFound, FailedPrecondition (no regular file), ResourceExhausted (more than `max_bytes`).
  absl::StatusOr<std::string> Read(absl::string_view name, size_t max_bytes) const;

 private:
  PrivateFolder(std::string path, int lock);
  const std::string path_;
  const int lock_;  // descriptor of the folder, which holds the lock
};

}  // namespace orch::actions
