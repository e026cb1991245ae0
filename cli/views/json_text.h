// Answers and statistics as JSON; docs/CLI.md describes the objects. Pure.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"

namespace orch::cli {

// Returns `value` indented if `pretty`, otherwise on one line, with a final newline.
std::string JsonText(const Json& value, bool pretty);

Json AnswerJson(const Answer& answer);
Json StatsJson(const JobEnd& end);

}  // namespace orch::cli
