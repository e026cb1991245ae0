#include "base/thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace orch {
namespace {

constexpr int kBackgroundNice = 10;

}  // namespace

absl::Duration ThreadProcessorTime() {
  timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return absl::DurationFromTimespec(used);
}

void EnterBackground(const char* name) {
  pthread_setname_np(pthread_self(), name);
  // On Linux a thread has its own nice value. If the change is not allowed, the thread keeps the ordinary one.
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kBackgroundNice);
}

}  // namespace orch
