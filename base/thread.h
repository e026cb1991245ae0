// Requests of a thread to the kernel about itself.
#pragma once

#include "absl/time/time.h"

namespace orch {

// Returns the processor time that the calling thread has used.
absl::Duration ThreadProcessorTime();

// Names the calling thread (at most 15 characters) and lowers its priority below that of ordinary threads.
void EnterBackground(const char* name);

}  // namespace orch
