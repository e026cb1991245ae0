#include "base/process/find_program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace orch {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace

std::string SearchPath() {
  const char* path = getenv("PATH");
  return path == nullptr || *path == '\0' ? kDefaultPath : path;
}

absl::StatusOr<std::string> FindProgram(absl::string_view name, absl::string_view path) {
  const auto usable = [](const std::string& file) {
    struct stat info;
    return stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  };
  const auto runnable = [](const std::string& file) {
    return faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0;
  };
  bool seen = false;
  std::vector<std::string> candidates;
  if (absl::StrContains(name, '/')) {
    candidates.emplace_back(name);
  } else if (!name.empty()) {
    for (absl::string_view folder : absl::StrSplit(path, ':', absl::SkipEmpty())) {
      candidates.push_back(absl::StrCat(folder, "/", name));
    }
  }
  for (const std::string& file : candidates) {
    if (!usable(file)) continue;
    if (runnable(file)) return file;
    seen = true;
  }
  if (seen) return absl::PermissionDeniedError(absl::StrCat("program ", name, " is not executable; set its mode"));
  return absl::NotFoundError(absl::StrCat("program ", name, " is not there",
                                          absl::StrContains(name, '/') ? "" : absl::StrCat(" (looked in ", path, ")")));
}

absl::StatusOr<std::string> FindProgram(absl::string_view name) { return FindProgram(name, SearchPath()); }

}  // namespace orch
