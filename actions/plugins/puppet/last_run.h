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

struct LastRun {
  int64_t lastrun = 0;                                                         // seconds since 1970
  int64_t out_of_sync = 0, failed = 0, corrected = 0, changed = 0, total = 0;  // resources
  double config_retrieval_time = 0, total_time = 0;                            // seconds
  std::string config_version;
  // False when there was no catalog to apply: it did not compile, or could not be had. All counts are zero then.
  bool applied = true;
  Json document = Json::object();  // the whole summary
};

// NotFound when there was no run; FailedPrecondition when the file is none of Puppet's.
absl::StatusOr<LastRun> ReadLastRun(const std::string& summary);

// What was wrong with the catalog of `run`, with the reason its report gives: it did not compile or could not be
// had, and nothing was applied, or one of before (which Puppet does by default). Empty when nothing was wrong.
std::string CatalogProblem(const LastRun& run, const std::string& report);

// The report's log: objects of time (seconds since 1970), level, source, msg. NotFound when there is no
// report, ResourceExhausted when it is too large.
absl::StatusOr<Json> ReadRunLogs(const std::string& report);

}  // namespace orch::actions
