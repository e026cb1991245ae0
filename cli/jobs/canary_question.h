// A job that waits after its canary: on a terminal the person who started it is asked whether it goes on.
#pragma once

#include <string>

#include "cli/session/context.h"

namespace orch::cli {

// Asks, and tells the hub the answer: go on, end the job, or leave it paused. False when nobody can be asked;
// then nothing was said. Blocks as long as the person thinks; meanwhile the job sends nothing.
bool AskWhetherCanaryGoesOn(Context* context, const std::string& job_id, size_t answered, size_t targets);

}  // namespace orch::cli
