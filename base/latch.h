// A gate that one thread opens once and other threads wait for. What the opener wrote before Open is visible to every
// thread after its wait. Thread-safe; waiters must have returned before it is destroyed.
#pragma once

#include <chrono>

#include "base/mutex.h"

namespace orch {

class Latch {
 public:
  void Open() {
    MutexLock lock(&mu_);
    open_ = true;
    opened_.SignalAll();
  }
  void Wait() {
    MutexLock lock(&mu_);
    while (!open_) opened_.Wait(&mu_);
  }
  // Waits at most `limit` and returns whether the latch is open. May return early in rare cases.
  bool WaitFor(std::chrono::nanoseconds limit) {
    MutexLock lock(&mu_);
    if (!open_) opened_.WaitFor(&mu_, limit);
    return open_;
  }

 private:
  Mutex mu_;
  CondVar opened_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace orch
