#include "auth/new_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/trusted_file.h"

namespace orch::auth {

absl::Status WriteNewFile(const std::string& path, absl::string_view contents, mode_t mode) {
  struct stat there;
  if (lstat(path.c_str(), &there) == 0) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is there already and is not overwritten; remove it first"));
  }
  const std::string made = absl::StrCat(path, ".new-", getpid());
  ORCH_RETURN_IF_ERROR(WriteFileDurably(made, contents, mode));
  // link(2) refuses to replace a file that has appeared meanwhile.
  const int error = link(made.c_str(), path.c_str()) == 0 ? 0 : errno;
  unlink(made.c_str());
  if (error == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(path, " appeared meanwhile and is not overwritten"));
  }
  return error == 0 ? absl::OkStatus() : ErrnoStatus(error, absl::StrCat("cannot create ", path));
}

absl::Status CheckSecretFile(const std::string& path, absl::string_view what) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return ErrnoStatus(errno, absl::StrCat("cannot open ", what, " ", path));
  if (!S_ISREG(found.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(what, " ", path, " is not a regular file"));
  }
  if ((found.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(what, " ", path, " is open to others than its owner (mode ",
                                                    absl::StrFormat("%04o", found.st_mode & 07777),
                                                    "); run: chmod 0600 ", path));
  }
  return CheckOnlyWeWrite(path, what, FolderWriters::kNobody);
}

}  // namespace orch::auth
