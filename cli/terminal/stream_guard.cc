#include "cli/terminal/stream_guard.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "cli/terminal/event_fd.h"

namespace orch::cli {

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
  SignalEvent(wake_fd_);
  thread_.join();
  ::close(wake_fd_);
}

void StreamGuard::SetDeadline(absl::Duration from_now) {
  {
    MutexLock lock(&mu_);
    deadline_ = clock_->Steady() + from_now;
  }
  SignalEvent(wake_fd_);
}

// Returns the milliseconds to wait: -1 means no limit, 0 that the deadline has passed, -2 that the thread must end.
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
