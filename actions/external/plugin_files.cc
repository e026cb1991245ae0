#include "actions/external/plugin_files.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <map>
#include <set>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/process/find_program.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxFolderEntries = 10'000;

#if defined(__x86_64__)
constexpr char kGoArch[] = "amd64";
#elif defined(__aarch64__)
constexpr char kGoArch[] = "arm64";
#elif defined(__i386__)
constexpr char kGoArch[] = "386";
#elif defined(__arm__)
constexpr char kGoArch[] = "arm";
#elif defined(__powerpc64__)
constexpr char kGoArch[] = "ppc64le";
#elif defined(__s390x__)
constexpr char kGoArch[] = "s390x";
#elif defined(__riscv)
constexpr char kGoArch[] = "riscv64";
#else
constexpr char kGoArch[] = "unknown";
#endif

bool IsPluginName(absl::string_view name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

absl::Status CheckOwnerAndMode(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, absl::StrCat("cannot look at ", path));
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return absl::PermissionDeniedError(absl::StrCat(path, " belongs to user ", info.st_uid,
                                                    ", not to root or the node agent's user; chown root ", path));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s may be written by others (mode %04o); chmod go-w %s", path, info.st_mode & 07777, path));
  }
  return absl::OkStatus();
}

// Returns the sorted names of the NAME.json files; ignores hidden files and all others.
std::vector<std::string> DdlNames(const std::string& directory) {
  std::vector<std::string> names;
  DIR* folder = opendir(directory.c_str());
  if (folder == nullptr) return names;
  const absl::Cleanup close_folder = [folder] { closedir(folder); };
  while (const dirent* entry = readdir(folder)) {
    absl::string_view name = entry->d_name;
    if (name[0] == '.' || !absl::ConsumeSuffix(&name, ".json") || names.size() >= kMaxFolderEntries) continue;
    names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> UsableProgram(const std::string& path) {
  ORCH_RETURN_IF_ERROR(FindProgram(path).status());
  ORCH_RETURN_IF_ERROR(CheckSafeFile(path));
  return path;
}

}  // namespace

std::string InstalledPlugin::DdlPath() const { return absl::StrCat(folder, "/", name, ".json"); }

absl::Status CheckSafeFile(const std::string& path) {
  char real[PATH_MAX];
  if (realpath(path.c_str(), real) == nullptr) return ErrnoStatus(errno, absl::StrCat("cannot look at ", path));
  const std::string file = real;
  ORCH_RETURN_IF_ERROR(CheckOwnerAndMode(file));
  return CheckOwnerAndMode(file.substr(0, std::max<size_t>(1, file.rfind('/'))));
}

std::vector<InstalledPlugin> FindInstalledPlugins(const std::vector<std::string>& directories, absl::string_view only,
                                                  std::vector<Catalog::Problem>* problems) {
  std::map<std::string, InstalledPlugin> found;
  std::set<std::string> beyond;
  for (const std::string& directory : directories) {
    for (const std::string& name : DdlNames(directory)) {
      if ((!only.empty() && name != only) || found.count(name) > 0) continue;
      if (found.size() >= kMaxInstalledPlugins) {
        beyond.insert(name);
        continue;
      }
      found.emplace(name, InstalledPlugin{name, directory});
    }
  }
  for (const std::string& name : beyond) {
    problems->push_back({name, absl::StrCat("not loaded: more than ", kMaxInstalledPlugins, " plugins are installed")});
  }
  std::vector<InstalledPlugin> plugins;
  for (auto& [name, plugin] : found) {
    if (IsPluginName(name)) {
      plugins.push_back(std::move(plugin));
    } else {
      problems->push_back({name, absl::StrCat(plugin.DdlPath(), ": a plugin's name is of a-z, 0-9 and _; rename it")});
    }
  }
  return plugins;
}

absl::StatusOr<std::string> FindProgramOf(const InstalledPlugin& plugin) {
  const std::string plain = absl::StrCat(plugin.folder, "/", plugin.name);
  const std::string built = absl::StrCat(plain, "/", plugin.name, "-linux_", kGoArch);
  for (const std::string& path : {plain, built}) {
    absl::StatusOr<std::string> usable = UsableProgram(path);
    if (!absl::IsNotFound(usable.status())) return usable;
  }
  return absl::NotFoundError(absl::StrCat("its program is not there: neither ", plain, " nor ", built));
}

absl::StatusOr<std::string> FindScriptOf(const InstalledPlugin& plugin, const std::string& script) {
  return UsableProgram(absl::StrCat(plugin.folder, "/", plugin.name, "/", script));
}

}  // namespace orch::actions
