#include "services/hub/door/processor_share.h"

#include <time.h>

namespace orch::hub {

double ProcessorShare::ThreadSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

void ProcessorShare::Begin() { begin_ = ThreadSeconds(); }

void ProcessorShare::End(double part, absl::Duration now) { Charge((ThreadSeconds() - begin_) * part, now); }

}  // namespace orch::hub
