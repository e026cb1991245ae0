#include "base/trusted_file.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/durable_file.h"

namespace orch {
namespace {

constexpr size_t kLookUpBytes = 64u << 10;  // for an entry of the user or group database

std::string UserName(uid_t uid) {
  std::vector<char> buffer(kLookUpBytes);
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? absl::StrCat(uid) : std::string(found->pw_name);
}

// Whether the group has the name of the owner and no other members. With a umask of 002, folders belong to such groups.
bool IsPrivateGroup(gid_t gid, uid_t owner) {
  std::vector<char> buffer(kLookUpBytes);
  group entry{};
  group* found = nullptr;
  if (getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return false;
  const std::string name = UserName(owner);
  if (name != found->gr_name) return false;
  for (char** member = found->gr_mem; *member != nullptr; ++member) {
    if (name != *member) return false;
  }
  return true;
}

bool IsOurs(uid_t owner, uid_t user) { return owner == 0 || owner == user; }

absl::Status CheckFolder(const std::string& folder, const std::string& subject, FolderWriters writers, uid_t user) {
  struct stat found;
  if (stat(folder.c_str(), &found) != 0) return ErrnoStatus(errno, absl::StrCat("cannot look at folder ", folder));
  if (!IsOurs(found.st_uid, user)) {
    return absl::PermissionDeniedError(
        absl::StrCat(subject, ": folder ", folder, " belongs to user ", UserName(found.st_uid),
                     ", who could put another file there; run: chown ", UserName(user), " ", folder,
                     ", or move the file to a folder of root's or your own"));
  }
  if ((found.st_mode & S_ISVTX) != 0) return absl::OkStatus();
  const bool by_group = (found.st_mode & S_IWGRP) != 0 && writers == FolderWriters::kNobody &&
                        !IsPrivateGroup(found.st_gid, found.st_uid);
  if ((found.st_mode & S_IWOTH) == 0 && !by_group) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(subject, ": folder ", folder, " may be written by others than its owner (mode ",
                   absl::StrFormat("%04o", found.st_mode & 07777), "), who could put another file there; run: chmod ",
                   writers == FolderWriters::kNobody ? "go-w " : "o-w ", folder));
}

}  // namespace

absl::Status CheckOnlyWeWrite(const std::string& path, absl::string_view what, FolderWriters writers, uid_t user) {
  const std::unique_ptr<char, void (*)(void*)> resolved(realpath(path.c_str(), nullptr), free);
  struct stat found;
  if (resolved == nullptr || stat(resolved.get(), &found) != 0 || !S_ISREG(found.st_mode)) return absl::OkStatus();
  const std::string subject = absl::StrCat(what, " ", path, " is not used");
  if (!IsOurs(found.st_uid, user)) {
    return absl::PermissionDeniedError(absl::StrCat(subject, ": it belongs to user ", UserName(found.st_uid),
                                                    ", not to root or to ", UserName(user),
                                                    " who runs this; run: chown ", UserName(user), " ", path));
  }
  std::string folder = resolved.get();
  while (folder.size() > 1) {
    const size_t slash = folder.rfind('/');
    folder.resize(slash == 0 ? 1 : slash);
    if (absl::Status checked = CheckFolder(folder, subject, writers, user); !checked.ok()) return checked;
  }
  return absl::OkStatus();
}

}  // namespace orch
