// A gate that one thread opens once and others wait for. Thread-safe; its lock is a leaf.
#pragma once

#include "base/mutex.h"

namespace orch {

class Latch {
 public:
  // Lets everybody pass who waits, or will wait. Repeats are harmless.
  void Open() {
    MutexLock lock(&mu_);
    open_ = true;
    opened_.SignalAll();
  }
  void Wait() {
    MutexLock lock(&mu_);
    while (!open_) opened_.Wait(&mu_);
  }

 private:
  Mutex mu_;
  CondVar opened_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace orch
