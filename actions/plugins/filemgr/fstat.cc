#include "actions/plugins/filemgr/fstat.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/durable_file.h"

namespace orch::actions {
namespace {

constexpr size_t kReadBytes = 256u << 10;

const char* TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "directory";
  if (S_ISLNK(mode)) return "symlink";
  if (S_ISSOCK(mode)) return "socket";
  if (S_ISCHR(mode)) return "chardev";
  if (S_ISBLK(mode)) return "blockdev";
  return "unknown";
}

// Reads the file piece by piece; returns 0 if it cannot be read or is too large.
Json DigestOf(const std::string& path, int64_t size) {
  if (size > kMaxDigestedBytes) return Json(0);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return Json(0);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  bool ok = digest != nullptr && EVP_DigestInit_ex(digest.get(), EVP_md5(), nullptr) == 1;
  std::string buffer(kReadBytes, '\0');
  int64_t left = kMaxDigestedBytes;
  while (ok && left > 0) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    ok = count >= 0 && EVP_DigestUpdate(digest.get(), buffer.data(), count) == 1;
    if (count <= 0) break;
    left -= count;
  }
  close(fd);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  ok = ok && EVP_DigestFinal_ex(digest.get(), bytes, &length) == 1;
  if (!ok) return Json(0);
  return Json(absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), length)));
}

void SetTime(Json* data, const std::string& name, time_t when, int64_t now) {
  (*data)[name] = absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromTimeT(when), absl::LocalTimeZone());
  (*data)[name + "_seconds"] = static_cast<int64_t>(when);
  (*data)[name + "_age"] = now - static_cast<int64_t>(when);
}

}  // namespace

absl::StatusOr<Json> FileStatus(const std::string& path, const Clock& clock, bool digest) {
  if (path.empty() || absl::StrContains(path, '\0')) return absl::InvalidArgumentError("fstat needs a path");
  Json data{
      {"name", path}, {"output", "not present"}, {"present", 0}, {"size", 0}, {"mode", "0000"}, {"md5", 0}, {"uid", 0},
      {"gid", 0},     {"type", "unknown"}};
  for (const char* name : {"mtime", "ctime", "atime"}) {
    data[name] = 0;
    data[absl::StrCat(name, "_seconds")] = 0;
    data[absl::StrCat(name, "_age")] = 0;
  }
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return data;
    return ErrnoStatus(errno, absl::StrCat("cannot look at ", path));
  }
  data["output"] = "present";
  data["present"] = 1;
  data["size"] = static_cast<int64_t>(info.st_size);
  data["mode"] = absl::StrFormat("%o", info.st_mode);
  data["uid"] = info.st_uid;
  data["gid"] = info.st_gid;
  data["type"] = TypeOf(info.st_mode);
  if (digest && S_ISREG(info.st_mode)) data["md5"] = DigestOf(path, info.st_size);
  const int64_t now = absl::ToUnixSeconds(clock.Now());
  SetTime(&data, "mtime", info.st_mtime, now);
  SetTime(&data, "ctime", info.st_ctime, now);
  SetTime(&data, "atime", info.st_atime, now);
  return data;
}

}  // namespace orch::actions
