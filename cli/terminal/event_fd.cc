#include "cli/terminal/event_fd.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace orch::cli {

void SignalEvent(int fd) {
  const uint64_t one = 1;
  const ssize_t ignored = ::write(fd, &one, sizeof(one));
  (void)ignored;
}

int PollMilliseconds(absl::Duration time) {
  const int64_t left = absl::ToInt64Milliseconds(absl::Ceil(time, absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
}

}  // namespace orch::cli
