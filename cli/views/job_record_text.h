// Jobs and events from the hub as text and JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/json.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::cli {

// Returns "running", "paused" or "finished".
std::string JobStateName(v1::JobState state);
// Whether the job ended because it was cancelled.
bool IsCancelled(const v1::Job& job);
// The state of the job by name; "cancelled" if IsCancelled.
std::string JobStateName(const v1::Job& job);
// Returns "2026-11-21 08:13:11 +0000", and an empty text for 0.
std::string WhenText(int64_t time_us);

// Returns a job without its replies.
Json JobJson(const v1::Job& job);
// Returns headings and a line for each job. If a terminal of `columns` (0 if there is none) is too
// narrow, the time is abbreviated and the action's inputs are cut, so that each job takes one line.
std::string JobTable(const std::vector<v1::Job>& jobs, size_t columns, absl::Time now);
// Returns everything that is known of one job.
std::string JobText(const v1::GetJobResponse& response);
// The same as JSON.
Json JobDetailJson(const v1::GetJobResponse& response);

// Returns one line without a newline.
std::string EventLine(const v1::WatchEventsResponse& event);
Json EventJson(const v1::WatchEventsResponse& event);

}  // namespace orch::cli
