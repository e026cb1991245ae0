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
// "2026-11-21 08:13:11 +0000", empty for 0.
std::string WhenText(int64_t time_us);

Json JobJson(const v1::Job& job);
// Headings and a row for each job.
std::vector<std::string> JobHeadings();
std::vector<std::string> JobRow(const v1::Job& job);
// One job with all that is known of it.
std::string JobText(const v1::GetJobResponse& response);
Json JobDetailJson(const v1::GetJobResponse& response);

// One line, without its end.
std::string EventLine(const v1::WatchEventsResponse& event);
Json EventJson(const v1::WatchEventsResponse& event);

}  // namespace orch::cli
