// What a thread asks the kernel for itself.
#pragma once

#include "absl/time/time.h"

namespace orch {

// Processor time the calling thread has used; others that take the processor do not count.
absl::Duration ThreadProcessorTime();

// Names the calling thread (at most 15 characters) and lets threads of ordinary priority go first.
void EnterBackground(const char* name);

}  // namespace orch
