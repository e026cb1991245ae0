// Ctrl-C as an event that threads can wait for. main owns the one that handles SIGINT.
#pragma once

#include <atomic>

#include "absl/time/time.h"
#include "base/clock.h"

namespace orch::cli {

// An event that stays raised. At most one per process may own SIGINT. Thread-safe.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Takes ownership of SIGINT: each signal raises this event, and one more than `tolerated` ends
  // the process as usual.
  void CatchSigint();
  void set_tolerated(int tolerated) { tolerated_.store(tolerated); }
  void Raise();  // async-signal-safe
  bool raised() const { return count() > 0; }
  int count() const { return count_.load(std::memory_order_acquire); }
  int fd() const { return fd_; }  // becomes readable when raised

  // Waits until the event has been raised more than `seen` times. Returns false if `patience`
  // passes first.
  bool WaitBeyond(int seen, absl::Duration patience, const Clock& clock) const;

 private:
  friend void OnSigint(int);

  const int fd_;
  std::atomic<int> count_{0};
  std::atomic<int> tolerated_{1};
};

// Waits for `time`. Returns false at once when `interrupt`, which may be null, is raised.
bool PauseFor(absl::Duration time, const Clock& clock, const Interrupt* interrupt);

}  // namespace orch::cli
