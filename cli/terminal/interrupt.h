// Ctrl-C while a stream runs: the stream is cancelled and what came so far is shown. Also the
// stream's own deadline, for a hub that vanished without closing the connection.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace orch::cli {

// An event that stays raised. One in a process may own SIGINT. Thread-safe.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // From now on the first SIGINT raises this; one beyond `tolerated` ends the process as usual.
  void CatchSigint();
  void set_tolerated(int tolerated) { tolerated_.store(tolerated); }
  void Raise();  // async-signal-safe
  bool raised() const { return count() > 0; }
  int count() const { return count_.load(std::memory_order_acquire); }
  int fd() const { return fd_; }  // readable once raised

  // Waits until it has been raised more than `seen` times; false when `patience` passes first.
  bool WaitBeyond(int seen, absl::Duration patience, const Clock& clock) const;

 private:
  friend void OnSigint(int);

  const int fd_;
  std::atomic<int> count_{0};
  std::atomic<int> tolerated_{1};
};

// Waits so long, less when `interrupt` (may be null) is raised: then false.
bool PauseFor(absl::Duration time, const Clock& clock, const Interrupt* interrupt);

// Calls `cancel` once when the interrupt is raised or the deadline passes, from a thread of its
// own, until destroyed. `interrupt` may be null.
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
