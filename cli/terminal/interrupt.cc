#include "cli/terminal/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "cli/terminal/event_fd.h"

namespace orch::cli {
namespace {

// The only global variable of this room, because a signal handler has no argument.
std::atomic<Interrupt*> sigint_owner{nullptr};

}  // namespace

// A friend of Interrupt, so it cannot be in the anonymous namespace.
void OnSigint(int) {
  Interrupt* const owner = sigint_owner.load();
  if (owner == nullptr) return;
  owner->Raise();
  if (owner->count() <= owner->tolerated_.load()) return;
  ::signal(SIGINT, SIG_DFL);
  ::raise(SIGINT);
}

Interrupt::Interrupt() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Interrupt::~Interrupt() {
  Interrupt* self = this;
  sigint_owner.compare_exchange_strong(self, nullptr);
  ::close(fd_);
}

void Interrupt::CatchSigint() {
  sigint_owner.store(this);
  struct sigaction action = {};
  action.sa_handler = OnSigint;
  ::sigaction(SIGINT, &action, nullptr);
}

void Interrupt::Raise() {
  count_.fetch_add(1, std::memory_order_acq_rel);
  SignalEvent(fd_);
}

bool Interrupt::WaitBeyond(int seen, absl::Duration patience, const Clock& clock) const {
  const absl::Duration end = clock.Steady() + patience;
  while (count() <= seen) {
    uint64_t drained;
    const ssize_t ignored = ::read(fd_, &drained, sizeof(drained));  // otherwise the descriptor stays readable
    (void)ignored;
    if (count() > seen) break;
    const absl::Duration left = end - clock.Steady();
    if (left <= absl::ZeroDuration()) return false;
    struct pollfd fds = {fd_, POLLIN, 0};
    ::poll(&fds, 1, PollMilliseconds(left));
  }
  return true;
}

bool PauseFor(absl::Duration time, const Clock& clock, const Interrupt* interrupt) {
  if (interrupt != nullptr) return !interrupt->WaitBeyond(0, time, clock);
  const absl::Duration end = clock.Steady() + time;
  for (absl::Duration left = time; left > absl::ZeroDuration(); left = end - clock.Steady())
    ::poll(nullptr, 0, PollMilliseconds(left));
  return true;
}

}  // namespace orch::cli
