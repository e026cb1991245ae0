// One serial loop: what decides runs here, one function after another, and so needs no lock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace orch {

using Closure = absl::AnyInvocable<void()>;
using TimerId = uint64_t;  // never 0

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `task` on the loop after all posted before it. Thread-safe; never runs it inline.
  // After Stop the task is destroyed unrun.
  virtual void Post(Closure task) = 0;
  // Runs `task` on the loop once `delay` has passed. Thread-safe.
  virtual TimerId PostAfter(absl::Duration delay, Closure task) = 0;
  // True when the timer had not started; its task is destroyed. Thread-safe.
  virtual bool Cancel(TimerId timer) = 0;
  // True on the loop's own thread.
  virtual bool OnLoop() const = 0;
};

// Timers by due time, shared by both loops. Not thread-safe.
class TimerQueue {
 public:
  TimerId Add(absl::Duration due, Closure task);
  bool Cancel(TimerId timer);
  // InfiniteDuration when there is none.
  absl::Duration NextDue() const;
  // The earliest task due at or before `now`, removed; empty when there is none.
  Closure TakeDue(absl::Duration now);
  void Clear();

 private:
  TimerId next_id_ = 1;
  std::map<std::pair<absl::Duration, TimerId>, Closure> by_due_;
  std::map<TimerId, absl::Duration> due_by_id_;
};

// A loop on a thread of its own. The destructor stops it after the task that runs.
class LoopExecutor final : public Executor {
 public:
  LoopExecutor(const Clock* clock, std::string thread_name);
  ~LoopExecutor() override;

  void Post(Closure task) override;
  TimerId PostAfter(absl::Duration delay, Closure task) override;
  bool Cancel(TimerId timer) override;
  bool OnLoop() const override;

  // Ends the loop after the task that runs; what is queued is destroyed unrun. Idempotent; not
  // from the loop itself.
  void Stop();

 private:
  void Run(std::string thread_name);

  const Clock* const clock_;
  Mutex mu_;
  CondVar wake_;
  std::vector<Closure> queue_ ABSL_GUARDED_BY(mu_);
  TimerQueue timers_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace orch
