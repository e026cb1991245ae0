// Which answers are shown, and the summaries below them. Pure.
#pragma once

#include <string>

#include "actions/ddl/aggregator.h"
#include "actions/ddl/ddl.h"
#include "cli/jobs/answer.h"
#include "cli/options/common_options.h"
#include "cli/terminal/style.h"

namespace orch::cli {

// Whether an answer is shown; kDdl means that the DDL decides.
bool IsShown(const Answer& answer, DisplayMode mode, ddl::Display ddl_display);

// Returns the block "Summary of X:" for each aggregate.
std::string SummariesText(const ddl::Aggregator& aggregator, const Style& style);

}  // namespace orch::cli
