#include "cli/commands/plugin_check.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "actions/ddl/ddl.h"
#include "base/durable_file.h"
#include "base/version.h"
#include "cli/commands/plugin_names.h"

namespace orch::cli {
namespace {

namespace fs = std::filesystem;

// Returns Go's name of the machine, which the file names of Choria's agents contain.
std::string GoArchitecture() {
  struct utsname names = {};
  ::uname(&names);
  const std::string machine = names.machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

// A node loads no file that another user could have changed.
void CheckMode(const std::string& path, bool program, std::vector<std::string>* problems) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) {
    problems->push_back(absl::StrCat(path, " is not there"));
    return;
  }
  if (!S_ISREG(info.st_mode)) problems->push_back(absl::StrCat(path, " is no regular file"));
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    problems->push_back(
        absl::StrFormat("%s can be written by others (mode %04o); chmod go-w %s", path, info.st_mode & 07777, path));
  }
  if (program && S_ISREG(info.st_mode) && (info.st_mode & S_IXUSR) == 0)
    problems->push_back(absl::StrCat(path, " cannot be executed; chmod 755 ", path));
}

void CheckProgram(const fs::path& folder, const std::string& name, std::vector<std::string>* problems) {
  const fs::path plain = folder / name;
  const fs::path per_machine = plain / absl::StrCat(name, "-linux_", GoArchitecture());
  std::error_code ignored;
  if (fs::is_directory(plain, ignored)) {
    CheckMode(per_machine, true, problems);
  } else if (fs::exists(plain, ignored)) {
    CheckMode(plain, true, problems);
  } else {
    problems->push_back(absl::StrCat("its program is not there: put it at ", plain.string(), " or ",
                                     per_machine.string(), " and make it executable"));
  }
}

void CheckFiles(const fs::path& folder, const ddl::Plugin& plugin, std::vector<std::string>* problems) {
  if (plugin.provider == "external" || plugin.provider == "worker") return CheckProgram(folder, plugin.name, problems);
  if (plugin.provider == "legacy_json") {
    for (const auto& [name, action] : plugin.actions) {
      if (action.implemented_by.empty()) {
        problems->push_back(absl::StrCat("action ", name, " needs implemented_by, the name of its script in ",
                                         (folder / plugin.name).string()));
      } else {
        CheckMode(folder / plugin.name / action.implemented_by, true, problems);
      }
    }
    return;
  }
  problems->push_back(
      absl::StrCat("metadata.provider ",
                   plugin.provider.empty() ? "is missing" : absl::StrCat("'", plugin.provider, "' is not known"),
                   "; give external, worker or legacy_json"));
}

}  // namespace

PluginCheck CheckPlugin(const std::string& ddl_file) {
  PluginCheck check;
  check.file = ddl_file;
  const absl::StatusOr<std::string> text = ReadFile(ddl_file, ddl::kMaxDdlBytes);
  if (!text.ok()) {
    check.problems.emplace_back(text.status().message());
    return check;
  }
  const fs::path path(ddl_file);
  const auto plugin = ddl::LoadPlugin(*text, path.filename().string());
  if (!plugin.ok()) {
    check.problems.emplace_back(plugin.status().message());
    return check;
  }
  check.name = (*plugin)->name;
  check.version = (*plugin)->version;
  check.provider = (*plugin)->provider;
  check.actions = (*plugin)->actions.size();
  if (path.filename() != absl::StrCat(check.name, ".json")) {
    check.problems.push_back(
        absl::StrCat("metadata.name is '", check.name, "', so the file must be called ", check.name, ".json"));
  }
  const absl::Status usable = CheckNewPluginName(check.name);
  if (!usable.ok()) check.problems.emplace_back(usable.message());
  const absl::Status required = ddl::CheckRequires(**plugin, kVersion);
  if (!required.ok()) check.problems.emplace_back(required.message());
  CheckMode(ddl_file, false, &check.problems);
  CheckFiles(path.has_parent_path() ? path.parent_path() : ".", **plugin, &check.problems);
  return check;
}

absl::StatusOr<std::vector<std::string>> DdlFiles(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::NotFoundError(absl::StrCat(path, " is not there"));
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path().string());
  }
  if (error) return absl::UnavailableError(absl::StrCat("cannot read folder ", path, ": ", error.message()));
  if (files.empty()) return absl::NotFoundError(absl::StrCat(path, " holds no plugin: no file ends in .json"));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace orch::cli
