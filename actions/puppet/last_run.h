// What Puppet wrote about its last run, and about what it manages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::actions {

inline constexpr size_t kMaxSummaryBytes = 1u << 20;
inline constexpr size_t kMaxReportBytes = 64u << 20;
inline constexpr size_t kMaxLogBytes = 4u << 20;  // of the report, those that are parsed
inline constexpr size_t kMaxResourcesBytes = 16u << 20;

struct LastRun {
  int64_t lastrun = 0;                                                         // seconds since 1970
  int64_t out_of_sync = 0, failed = 0, corrected = 0, changed = 0, total = 0;  // resources
  double config_retrieval_time = 0, total_time = 0;                            // seconds
  std::string config_version;
  Json document = Json::object();  // the whole summary
};

// NotFound when there was no run; FailedPrecondition when the file is none of Puppet's.
absl::StatusOr<LastRun> ReadLastRun(const std::string& summary);

// The report's log: objects of time (seconds since 1970), level, source, msg. NotFound when there is no
// report, ResourceExhausted when it is too large.
absl::StatusOr<Json> ReadRunLogs(const std::string& report);

// "file[/etc/hosts]", as the last catalog had them; none when there was no catalog.
absl::StatusOr<std::vector<std::string>> ReadManagedResources(const std::string& resources);
bool IsManaged(const std::vector<std::string>& managed, absl::string_view resource);  // the type in any case
// {"File": 3, "Service": 1}.
Json TypeDistribution(const std::vector<std::string>& managed);

}  // namespace orch::actions
