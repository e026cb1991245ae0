#include "actions/plugins/filemgr/filemgr_plugin.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "actions/ddl/validators.h"
#include "actions/plugins/filemgr/fstat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kTouchFile[] = "/var/run/mcollective.plugin.filemgr.touch";  // MCollective's
constexpr mode_t kNewFileMode = 0644;

Reply Changed(bool changed, std::string message = "OK") {
  Reply reply;
  reply.status_message = std::move(message);
  reply.data = Json{{"changed", changed}};
  return reply;
}

Reply Problem(int error, const char* verb, const std::string& file) {
  return Reply::Aborted(std::string(ErrnoStatus(error, absl::StrCat("could not ", verb, " ", file)).message()));
}

Reply Touch(const std::string& file) {
  for (int round = 0; round < 2; ++round) {
    if (utimensat(AT_FDCWD, file.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0) return Changed(true);
    if (errno != ENOENT) return Problem(errno, "touch", file);
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kNewFileMode);
    if (fd >= 0) {
      close(fd);
      return Changed(true);
    }
    if (errno != EEXIST) return Problem(errno, "touch", file);  // else it appeared meanwhile
  }
  return Problem(EEXIST, "touch", file);
}

Reply Remove(const std::string& file) {
  struct stat info;
  if (lstat(file.c_str(), &info) != 0) {
    if (errno == ENOENT) return Changed(false, absl::StrCat(file, " is not there"));
    return Problem(errno, "remove", file);
  }
  if (S_ISDIR(info.st_mode)) {
    return Reply::Aborted(
        absl::StrCat("could not remove ", file, ": it is a directory, and filemgr removes files only"));
  }
  // unlink refuses a directory that has replaced the file.
  if (unlink(file.c_str()) != 0 && errno != ENOENT) return Problem(errno, "remove", file);
  return Changed(true);
}

// Lists name, type and size of the entries of a directory, by name.
absl::Status ListDirectory(const std::string& path, const Clock& clock, Json* data) {
  DIR* const directory = opendir(path.c_str());
  if (directory == nullptr) return ErrnoStatus(errno, absl::StrCat("cannot list ", path));
  std::vector<std::string> names;
  bool more = false;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    more = names.size() >= kMaxListedFiles;
    if (more) break;
    names.push_back(name);
  }
  closedir(directory);
  std::sort(names.begin(), names.end());
  Json listing = Json::object();
  for (const std::string& name : names) {
    absl::StatusOr<Json> file = FileStatus(absl::StrCat(path, "/", name), clock, /*digest=*/false);
    if (!file.ok() || (*file)["present"] == 0) continue;  // went away meanwhile
    Json& row = listing[name];
    for (const char* field : {"type", "size", "mode", "uid", "gid", "mtime"}) row[field] = (*file)[field];
  }
  (*data)["dir_listing"] = std::move(listing);
  if (more) (*data)["dir_truncated"] = true;
  return absl::OkStatus();
}

Reply StatusAction(const std::string& file, bool list, const Context& context) {
  absl::StatusOr<Json> found = FileStatus(file, *context.clock);
  if (!found.ok()) return ReplyFor(found.status());
  for (const char* age : {"mtime_age", "ctime_age", "atime_age"}) found->erase(age);
  if ((*found)["present"] == 0) return Reply::Aborted(absl::StrCat(file, " is not there"), *std::move(found));
  if (list && (*found)["type"] == "directory") {
    if (const absl::Status listed = ListDirectory(file, *context.clock, &*found); !listed.ok()) {
      return ReplyFor(listed, *std::move(found));
    }
  }
  Reply reply;
  reply.data = *std::move(found);
  return reply;
}

std::string TouchFile(const BuiltinOptions& options) {
  const auto found = options.settings.find("filemgr.touch_file");
  return found == options.settings.end() || found->second.empty() ? kTouchFile : found->second;
}

}  // namespace

FilemgrPlugin::FilemgrPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), touch_file_(TouchFile(options)) {}

Reply FilemgrPlugin::RunAction(const Request& request, const Context& context) {
  std::string file = InputText(request, "file");
  if (file.empty()) file = touch_file_;
  if (const absl::Status good = ddl::CheckNamedValidator("path", file); !good.ok()) {
    Reply reply = Reply::Aborted(absl::StrCat("input 'file': ", good.message()));
    reply.status_code = kInvalidInput;
    return reply;
  }
  if (request.action == "touch") return Touch(file);
  if (request.action == "remove") return Remove(file);
  return StatusAction(file, InputFlag(request, "dirlist"), context);
}

}  // namespace orch::actions
