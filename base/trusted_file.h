// Whether only root and the user that runs this program could have written a file: its owner and mode are looked at,
// and those of every folder above it, as OpenSSH's StrictModes does, because whoever may write a folder may put another
// file into the place of this one. Asks the file system and the databases of users and groups.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

// Who beside the owner may write a folder above the file.
enum class FolderWriters {
  kNobody,  // neither its group, unless that is the owner's private group, nor others
  kGroup,   // its group
};

// PermissionDenied when `path` is a regular file of an owner other than root and `user`, or when a folder on the way to
// it belongs to another owner or may be written by more than `writers`; a sticky folder such as /tmp is taken, since a
// file in it can be replaced by its owner alone. The message names file or folder and the remedy. Says nothing about
// what is no regular file, or is not there. `what` names the kind of file ("credentials file").
absl::Status CheckOnlyWeWrite(const std::string& path, absl::string_view what, FolderWriters writers,
                              uid_t user = geteuid());

}  // namespace orch
