// A folder of its own for one call of a plugin: nobody else can look in, and it is gone with this
// object. What a process that was killed leaves, the next agent's start sweeps: a folder nobody has locked.
// Not among the agent's state: a call must work where that disk is full. Owned by the call; used on its thread.
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
  // Under $TMPDIR, else /tmp; mode 0700.
  static absl::StatusOr<std::unique_ptr<PrivateFolder>> Create();
  // Removes those of this user, under $TMPDIR or /tmp, that no process uses.
  static void SweepLeft();
  // Removes it with all that is in it.
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const;
  // Mode 0600; replaces the whole file at once.
  absl::Status Write(absl::string_view name, absl::string_view contents) const;
  // What a plugin left there is not trusted: only a regular file is read, never through a link.
  // NotFound, FailedPrecondition (no regular file), ResourceExhausted (more than `max_bytes`).
  absl::StatusOr<std::string> Read(absl::string_view name, size_t max_bytes) const;

 private:
  PrivateFolder(std::string path, int lock);
  const std::string path_;
  const int lock_;  // the folder, locked for as long as this is there
};

}  // namespace orch::actions
