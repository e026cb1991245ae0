// Reads the files that Puppet wrote about its last run. Thread-safe; keeps no state.
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
inline constexpr size_t kMaxLogBytes = 4u << 20;  // parsed from the log in the report

struct LastRun {
  int64_t lastrun = 0;                                                         // seconds since 1970
  int64_t out_of_sync = 0, failed = 0, corrected = 0, changed = 0, total = 0;  // resources
  double config_retrieval_time = 0, total_time = 0;                            // seconds
  std::string config_version;
  // False if there was no catalog to apply, because it did not compile or could not be fetched; all counts are then
  // zero.
  bool applied = true;
  Json document = Json::object();  // the whole summary
};

// NotFound if there was no run; FailedPrecondition if the file is not one of Puppet.
absl::StatusOr<LastRun> ReadLastRun(const std::string& summary);

// Returns the fault of the catalog of `run`, with the reason in the report: the catalog did not compile or could not be
// fetched, and Puppet applied nothing or, by default, an older catalog. Empty if there was no fault.
std::string CatalogProblem(const LastRun& run, const std::string& report);

// Returns the log in the report as objects with time (seconds since 1970), level, source, msg. NotFound if there is no
// report, ResourceExhausted if it is too large.
absl::StatusOr<Json> ReadRunLogs(const std::string& report);

}  // namespace orch::actions
