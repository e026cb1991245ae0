// Checks that only root and the user of this program could have written a file. As OpenSSH's StrictModes does, the
// check covers the owner and mode of the file and of every folder above it, because whoever may write a folder may
// replace a file in it. Asks the file system and the databases of users and groups. Thread-safe.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

// Those who may write a folder above the file, besides its owner.
enum class FolderWriters {
  kNobody,  // neither its group, unless that is the owner's private group, nor others
  kGroup,   // its group
};

// PermissionDenied if `path` is a regular file that belongs to neither root nor `user`, or if a folder above it belongs
// to another owner or may be written by more than `writers`. A sticky folder such as /tmp is accepted, because only the
// owner can replace a file in it. The message names the file or folder and the remedy. OK if the file does not exist or
// is no regular file. `what` names the kind of file in the message ("credentials file").
absl::Status CheckOnlyWeWrite(const std::string& path, absl::string_view what, FolderWriters writers,
                              uid_t user = geteuid());

}  // namespace orch
