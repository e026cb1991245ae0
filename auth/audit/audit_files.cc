#include "auth/audit/audit_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::auth {

std::string OldAuditFileName(const std::string& path, uint64_t first_seq) {
  return absl::StrFormat("%s.%012d", path, first_seq);
}

absl::StatusOr<std::vector<AuditFile>> ListAuditFiles(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const std::string start = absl::StrCat(std::filesystem::path(path).filename().string(), ".");
  std::vector<AuditFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    absl::string_view digits = name;
    uint64_t seq = 0;
    if (!absl::ConsumePrefix(&digits, start) || !absl::SimpleAtoi(digits, &seq)) continue;
    std::string old = OldAuditFileName(path, seq);
    if (seq > 0 && std::filesystem::path(old).filename() == name) files.push_back({std::move(old), seq});
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return ErrnoStatus(error.value(), absl::StrCat("cannot list the folder of the audit log ", path));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.first_seq < b.first_seq; });
  if (access(path.c_str(), F_OK) == 0) files.push_back({path, 0});
  if (files.empty()) return absl::NotFoundError(absl::StrCat("there is no audit log ", path));
  return files;
}

absl::StatusOr<OpenedAuditLog> OpenAuditLog(const std::string& path) {
  OpenedAuditLog log;
  absl::StatusOr<LineReader> current = LineReader::Open(path);
  if (current.ok()) {
    log.current = *std::move(current);
  } else if (!absl::IsNotFound(current.status())) {
    return current.status();
  }
  ORCH_ASSIGN_OR_RETURN(log.old, ListAuditFiles(path));
  struct stat open_file = {};
  if (log.current.has_value()) fstat(log.current->fd(), &open_file);
  const auto is_current = [&](const AuditFile& file) {
    struct stat info;
    return file.first_seq == 0 ||
           (stat(file.path.c_str(), &info) == 0 && info.st_ino == open_file.st_ino && info.st_dev == open_file.st_dev);
  };
  log.old.erase(std::remove_if(log.old.begin(), log.old.end(), is_current), log.old.end());
  return log;
}

}  // namespace orch::auth
