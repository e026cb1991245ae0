// An executor with a thread of its own. Thread-safe, except that Stop and the destructor must not be called from the
// loop itself. The destructor calls Stop.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/timer_queue.h"

namespace orch {

class LoopExecutor final : public Executor {
 public:
  LoopExecutor(const Clock* clock, std::string thread_name);
  ~LoopExecutor() override;

  void Post(Closure task) override;
  TimerId PostAfter(absl::Duration delay, Closure task) override;
  bool Cancel(TimerId timer) override;
  bool OnLoop() const override;

  // Ends the loop after the task that is running; destroys queued tasks without running them. Further calls do nothing.
  void Stop();

 private:
  void Run(std::string thread_name);
  const Clock* const clock_;
  Mutex mu_;
  CondVar wake_;
  std::vector<Closure> queue_ ABSL_GUARDED_BY(mu_);
  TimerQueue timers_ ABSL_GUARDED_BY(mu_);
  std::atomic<bool> stopping_{false};  // set under the lock, so that no wake is missed
  std::thread thread_;
};

}  // namespace orch
