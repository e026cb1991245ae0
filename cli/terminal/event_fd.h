// Helpers for threads that wait with poll(2) for an eventfd. Pure, apart from the write.
#pragma once

#include "absl/time/time.h"

namespace orch::cli {

// Makes the eventfd `fd` readable. Async-signal-safe.
void SignalEvent(int fd);

// `time` as a timeout of poll(2), rounded up, and at most one hour.
int PollMilliseconds(absl::Duration time);

}  // namespace orch::cli
