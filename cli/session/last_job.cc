#include "cli/session/last_job.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxBytes = 4096;  // of the file, which holds an id and a hub's address on a line each

std::string PathOf(const ClientConfig& config) {
  return config.cache_dir.empty() ? "" : absl::StrCat(config.cache_dir, "/last_job");
}

}  // namespace

void RememberLastJob(const ClientConfig& config, const std::string& job_id) {
  const std::string path = PathOf(config);
  if (path.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(config.cache_dir, ignored);
  (void)WriteFileDurably(path, absl::StrCat(job_id, "\n", config.hub.Text(), "\n"), 0600);
}

absl::StatusOr<std::string> ResolveJobId(const ClientConfig& config, const std::string& id) {
  if (id != kLastJob) return id;
  const std::string path = PathOf(config);
  const absl::StatusOr<std::string> text =
      path.empty() ? absl::NotFoundError("no cache folder") : ReadFile(path, kMaxBytes);
  const std::vector<std::string> lines = absl::StrSplit(text.value_or(""), '\n');
  if (lines.size() < 2 || lines[0].empty())
    return absl::NotFoundError("no job was started from here yet, so there is no @last; 'orchctl job list' shows jobs");
  if (lines[1] != config.hub.Text()) {
    return absl::NotFoundError(absl::StrCat("@last is job ", lines[0], " of another hub, ", lines[1],
                                            "; give --hub for that one, or the id of a job of this one"));
  }
  return lines[0];
}

}  // namespace orch::cli
