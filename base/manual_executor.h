// Time and a loop moved by hand, for tests: an in-process cluster runs to the microsecond.
#pragma once

#include <deque>
#include <utility>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"

namespace orch {

// Stands still until moved. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time start = absl::FromUnixSeconds(1'700'000'000)) : now_(start) {}
  absl::Time Now() const override {
    MutexLock lock(&mu_);
    return now_;
  }
  absl::Duration Steady() const override {
    MutexLock lock(&mu_);
    return steady_;
  }
  void Advance(absl::Duration by) {
    MutexLock lock(&mu_);
    now_ += by;
    steady_ += by;
  }
  // A wall clock set by hand or by NTP: steady time is not moved.
  void JumpWall(absl::Duration by) {
    MutexLock lock(&mu_);
    now_ += by;
  }

 private:
  mutable Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_);
  absl::Duration steady_ ABSL_GUARDED_BY(mu_) = absl::Seconds(1);
};

// Runs nothing until told to. Post is thread-safe; the rest belongs to the test's thread.
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

  // Runs all that is posted or due now, what these post included.
  void RunUntilIdle() {
    while (Closure task = Next()) task();
  }
  // Moves time from timer to timer, running each at its own time.
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
