#include "cli/terminal/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace orch::cli {
namespace {

// The only global of this room: a signal handler has no argument.
std::atomic<Interrupt*> sigint_owner{nullptr};

void Signal(int fd) {
  const uint64_t one = 1;
  const ssize_t ignored = ::write(fd, &one, sizeof(one));
  (void)ignored;
}

int PollMilliseconds(absl::Duration time) {
  const int64_t left = absl::ToInt64Milliseconds(absl::Ceil(time, absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
}

}  // namespace

// Friend of Interrupt, so outside the nameless namespace.
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
  Signal(fd_);
}

bool Interrupt::WaitBeyond(int seen, absl::Duration patience, const Clock& clock) const {
  const absl::Duration end = clock.Steady() + patience;
  while (count() <= seen) {
    uint64_t drained;
    const ssize_t ignored = ::read(fd_, &drained, sizeof(drained));  // else it stays readable
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

StreamGuard::StreamGuard(const Clock* clock, const Interrupt* interrupt, std::function<void()> cancel)
    : clock_(clock),
      interrupt_(interrupt),
      cancel_(std::move(cancel)),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { Run(); }) {}

StreamGuard::~StreamGuard() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  Signal(wake_fd_);
  thread_.join();
  ::close(wake_fd_);
}

void StreamGuard::SetDeadline(absl::Duration from_now) {
  {
    MutexLock lock(&mu_);
    deadline_ = clock_->Steady() + from_now;
  }
  Signal(wake_fd_);
}

// Milliseconds to wait; -1 for ever, 0 when the deadline passed, -2 to stop.
int StreamGuard::WaitMs() {
  MutexLock lock(&mu_);
  if (stopping_) return -2;
  if (deadline_ == absl::InfiniteDuration()) return -1;
  return PollMilliseconds(deadline_ - clock_->Steady());
}

void StreamGuard::Run() {
  while (true) {
    const int wait = WaitMs();
    if (wait == -2) return;
    if (wait == 0) {
      expired_.store(true, std::memory_order_release);
      break;
    }
    struct pollfd fds[2] = {{wake_fd_, POLLIN, 0}, {interrupt_ != nullptr ? interrupt_->fd() : -1, POLLIN, 0}};
    ::poll(fds, 2, wait);
    uint64_t count;
    const ssize_t ignored = ::read(wake_fd_, &count, sizeof(count));
    (void)ignored;
    if (interrupt_ != nullptr && interrupt_->raised()) break;
  }
  cancel_();
}

}  // namespace orch::cli
