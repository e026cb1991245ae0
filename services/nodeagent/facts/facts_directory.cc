#include "services/nodeagent/facts/facts_directory.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/file_stamp.h"
#include "base/process/cancel_token.h"
#include "base/status_macros.h"
#include "services/nodeagent/facts/fact_text.h"
#include "services/nodeagent/facts/yaml_facts.h"

namespace orch::nodeagent {
namespace {

// Hidden files and leftovers of editors and package managers hold no facts.
bool IsLeftover(absl::string_view name) {
  for (const absl::string_view ending :
       {"~", ".bak", ".swp", ".tmp", ".rpmsave", ".rpmnew", ".dpkg-old", ".dpkg-dist", ".dpkg-new"}) {
    if (absl::EndsWith(name, ending)) return true;
  }
  return name.empty() || name[0] == '.';
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory) {
  std::vector<std::string> names;
  DIR* folder = opendir(directory.c_str());
  if (folder == nullptr) {
    if (errno == ENOENT) return names;
    return ErrnoStatus(errno, absl::StrCat("cannot read ", directory));
  }
  while (const dirent* entry = readdir(folder)) {
    if (!IsLeftover(entry->d_name)) names.push_back(entry->d_name);
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

FactsDirectory::FactsDirectory(std::string directory, absl::Duration timeout, const Clock* clock)
    : directory_(std::move(directory)), timeout_(timeout), clock_(clock) {}

void FactsDirectory::SetOptions(const std::string& directory, absl::Duration timeout) {
  if (directory != directory_) parts_.clear();
  directory_ = directory;
  timeout_ = timeout;
}

absl::StatusOr<Json> FactsDirectory::ReadOne(const std::string& name, bool run, const CancelToken* cancel,
                                             bool* skipped) {
  const std::string path = absl::StrCat(directory_, "/", name);
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, absl::StrCat("cannot read ", path));
  const bool executable = S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0 && !HasFactFileEnding(name);
  if (!S_ISREG(info.st_mode) || (!executable && !HasFactFileEnding(name))) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is neither executable nor does it end in .yaml, .json or .txt"));
  }
  if (!executable) {
    ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxFactSourceBytes));
    return ParseFactFile(name, text, path);
  }
  if ((info.st_mode & 0022) != 0 || (info.st_uid != 0 && info.st_uid != geteuid())) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, " is not run: others could write it; chown it to this agent's user, chmod go-w"));
  }
  *skipped = !run;
  if (!run) return Json::object();
  return RunFactProgram({path}, timeout_, cancel, *clock_);
}

std::vector<FactPart> FactsDirectory::Collect(bool run, const CancelToken* cancel) {
  absl::StatusOr<std::vector<std::string>> names = ListFiles(directory_);
  std::vector<FactPart> out;
  if (!names.ok()) {
    // The folder cannot be read, but is not gone, so all its last facts are kept.
    for (const auto& [name, part] : parts_) out.push_back(part);
    out.push_back({.source = directory_, .facts = nullptr, .problem = std::string(names.status().message())});
    return out;
  }
  if (names->size() > kMaxFiles) {
    out.push_back({.source = directory_,
                   .facts = nullptr,
                   .problem = absl::StrCat(directory_, " holds more than the ", kMaxFiles, " files read")});
    names->resize(kMaxFiles);
  }
  std::map<std::string, FactPart> next;
  for (const std::string& name : *names) {
    FactPart part = std::exchange(parts_[name], FactPart());
    part.source = absl::StrCat(directory_, "/", name);
    bool skipped = false;
    absl::StatusOr<Json> result = ReadOne(name, run, cancel, &skipped);
    if (!skipped) Absorb(std::move(result), &part);
    out.push_back(part);
    next.emplace(name, std::move(part));
  }
  parts_ = std::move(next);
  return out;
}

std::string FactFilesStamp(const std::string& directory, const std::vector<std::string>& files) {
  std::string stamp;
  if (const absl::StatusOr<std::vector<std::string>> names = ListFiles(directory); names.ok()) {
    for (const std::string& name : *names) {
      const std::string path = absl::StrCat(directory, "/", name);
      absl::StrAppend(&stamp, path, " ", FileStamp(path), "\n");
    }
  }
  for (const std::string& file : files) absl::StrAppend(&stamp, file, " ", FileStamp(file), "\n");
  return stamp;
}

}  // namespace orch::nodeagent
