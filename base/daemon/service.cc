#include "base/daemon/service.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <csignal>

#include "absl/strings/str_cat.h"

namespace orch {
namespace {

sigset_t ServiceSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH}) sigaddset(&set, number);
  return set;
}

}  // namespace

void BlockServiceSignals() {
  const sigset_t set = ServiceSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

int WaitForSignal() {
  const sigset_t set = ServiceSignals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

void NotifyReady(absl::string_view status) { sd_notify(0, absl::StrCat("READY=1\nSTATUS=", status).c_str()); }
void NotifyStatus(absl::string_view status) { sd_notify(0, absl::StrCat("STATUS=", status).c_str()); }
void NotifyReloading() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  sd_notify(0, absl::StrCat("RELOADING=1\nMONOTONIC_USEC=",
                            static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000)
                   .c_str());
}
void NotifyStopping() { sd_notify(0, "STOPPING=1"); }

size_t RaiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void ForbidCoreDumps() { prctl(PR_SET_DUMPABLE, 0); }

}  // namespace orch
