// The question on the terminal whether a job that paused after its canary should continue.
#pragma once

#include <string>

#include "cli/session/context.h"

namespace orch::cli {

// Asks, and sends the answer to the hub: resume the job, cancel it, or leave it paused. Returns
// false and prints nothing if nobody can be asked. Blocks until the person answers; the job sends
// nothing in the meantime.
bool AskWhetherToContinue(Context* context, const std::string& job_id, size_t answered, size_t targets);

}  // namespace orch::cli
