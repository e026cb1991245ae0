// Ends a stream on Ctrl-C, or at a deadline in case the hub vanished without closing the
// connection. HubClient owns one for the duration of a call; a thread of its own waits.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "cli/terminal/interrupt.h"

namespace orch::cli {

// Calls `cancel` from its own thread, at most once, when the interrupt is raised or the deadline
// passes. The destructor waits for that thread. `interrupt` may be null.
class StreamGuard {
 public:
  StreamGuard(const Clock* clock, const Interrupt* interrupt, std::function<void()> cancel);
  ~StreamGuard();

  void SetDeadline(absl::Duration from_now);
  bool expired() const { return expired_.load(std::memory_order_acquire); }

 private:
  void Run();
  int WaitMs();

  const Clock* const clock_;
  const Interrupt* const interrupt_;
  const std::function<void()> cancel_;
  const int wake_fd_;
  std::atomic<bool> expired_{false};
  Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Duration deadline_ ABSL_GUARDED_BY(mu_) = absl::InfiniteDuration();
  std::thread thread_;
};

}  // namespace orch::cli
