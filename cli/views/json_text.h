// Answers and statistics as JSON; docs/CLI.md describes the objects. Pure.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"

namespace orch::cli {

// Returns `value` indented if `pretty`, otherwise on one line, with a final newline.
std::string JsonText(const Json& value, bool pretty);

// Returns the reply of one node with the field names of Choria and MCollective.
Json AnswerJson(const Answer& answer);
// Returns the statistics of a job, which --json prints as `request_stats`.
Json StatsJson(const JobEnd& end);

}  // namespace orch::cli
