#include "base/config_file.h"

#include <sys/stat.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/config_parse.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/trusted_file.h"

namespace orch {
namespace {

constexpr size_t kMaxConfigBytes = 1u << 20;

// Accepts pipes such as <(...) without a check, because the caller made them for this program.
absl::Status CheckConfigFile(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return absl::OkStatus();
  if ((found.st_mode & S_IWOTH) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("configuration file ", path, " is not used: every user may write it (mode ",
                     absl::StrFormat("%04o", found.st_mode & 07777), "); run: chmod o-w ", path));
  }
  return CheckOnlyWeWrite(path, "configuration file", FolderWriters::kGroup);
}

}  // namespace

absl::StatusOr<ConfigFile> ConfigFile::Load(const std::string& path) {
  ORCH_RETURN_IF_ERROR(CheckConfigFile(path));
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxConfigBytes));
  return Parse(text, path);
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(absl::string_view text, std::string name) {
  if (text.size() > kMaxConfigBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, " holds more than the ", kMaxConfigBytes, " bytes accepted"));
  }
  ORCH_ASSIGN_OR_RETURN(const std::vector<ConfigEntry> entries, ParseConfigText(text, name));
  ConfigFile file = Empty(std::move(name));
  for (const ConfigEntry& entry : entries) {
    const auto [first, is_new] = file.values_.try_emplace(entry.key);
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(file.name_, ":", entry.line, ": key ", "'", entry.key, "'",
                                                     " is given twice, first in line ", first->second.line));
    }
    first->second.items = entry.items;
    first->second.is_list = entry.is_list;
    first->second.line = entry.line;
  }
  return file;
}

ConfigFile ConfigFile::Empty(std::string name) {
  ConfigFile file;
  file.name_ = std::move(name);
  return file;
}

}  // namespace orch
