// Jobs as the hub keeps them, as text and JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/json.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::cli {

// "running", "paused", "finished".
std::string JobStateName(v1::JobState state);
// The same; of a job that ended because it was cancelled: "cancelled".
std::string JobStateName(const v1::Job& job);
// "2026-11-21 08:13:11 +0000", empty for 0.
std::string WhenText(int64_t time_us);

Json JobJson(const v1::Job& job);
// A line for each job below headings. On a terminal of `columns` (0: none) that is too narrow the time is
// short and the action's inputs are cut, so that each job has one line.
std::string JobTable(const std::vector<v1::Job>& jobs, size_t columns, absl::Time now);
// One job with all that is known of it.
std::string JobText(const v1::GetJobResponse& response);
Json JobDetailJson(const v1::GetJobResponse& response);

// One line, without its end.
std::string EventLine(const v1::WatchEventsResponse& event);
Json EventJson(const v1::WatchEventsResponse& event);

}  // namespace orch::cli
