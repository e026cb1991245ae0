// A loop for tests that runs only when the test says so, together with a ManualClock; a whole cluster in one process
// then runs to the microsecond. Post is thread-safe; everything else belongs to the test's thread.
#pragma once

#include <deque>
#include <utility>

#include "absl/time/time.h"
#include "base/executor.h"
#include "base/manual_clock.h"
#include "base/mutex.h"
#include "base/timer_queue.h"

namespace orch {

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(ManualClock* clock) : clock_(clock) {}

  void Post(Closure task) override {
    MutexLock lock(&mu_);
    queue_.push_back(std::move(task));
  }
  TimerId PostAfter(absl::Duration delay, Closure task) override {
    MutexLock lock(&mu_);
    return timers_.Add(clock_->Steady() + delay, std::move(task));
  }
  bool Cancel(TimerId timer) override {
    MutexLock lock(&mu_);
    return timers_.Cancel(timer);
  }
  bool OnLoop() const override { return true; }

  // Runs everything that is posted or due now, including whatever those functions post.
  void RunUntilIdle() {
    while (Closure task = Next()) task();
  }
  // Moves time from timer to timer and runs each at its own time.
  void Advance(absl::Duration by) {
    const absl::Duration end = clock_->Steady() + by;
    RunUntilIdle();
    while (true) {
      absl::Duration due;
      {
        MutexLock lock(&mu_);
        due = timers_.NextDue();
      }
      if (due > end) break;
      clock_->Advance(due - clock_->Steady());
      RunUntilIdle();
    }
    clock_->Advance(end - clock_->Steady());
    RunUntilIdle();
  }

 private:
  Closure Next() {
    MutexLock lock(&mu_);
    if (!queue_.empty()) {
      Closure task = std::move(queue_.front());
      queue_.pop_front();
      return task;
    }
    return timers_.TakeDue(clock_->Steady());
  }

  ManualClock* const clock_;
  Mutex mu_;
  std::deque<Closure> queue_ ABSL_GUARDED_BY(mu_);
  TimerQueue timers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch
