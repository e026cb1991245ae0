#include "base/loop_executor.h"

#include <pthread.h>

#include <utility>

namespace orch {

LoopExecutor::LoopExecutor(const Clock* clock, std::string thread_name)
    : clock_(clock), thread_(&LoopExecutor::Run, this, std::move(thread_name)) {}

LoopExecutor::~LoopExecutor() { Stop(); }

void LoopExecutor::Post(Closure task) {
  MutexLock lock(&mu_);
  if (stopping_) return;
  queue_.push_back(std::move(task));
  if (queue_.size() == 1) wake_.Signal();
}

TimerId LoopExecutor::PostAfter(absl::Duration delay, Closure task) {
  const absl::Duration due = clock_->Steady() + delay;
  MutexLock lock(&mu_);
  const bool first = due < timers_.NextDue();
  const TimerId id = timers_.Add(due, std::move(task));
  if (first) wake_.Signal();
  return id;
}

bool LoopExecutor::Cancel(TimerId timer) {
  MutexLock lock(&mu_);
  return timers_.Cancel(timer);
}

bool LoopExecutor::OnLoop() const { return std::this_thread::get_id() == thread_.get_id(); }

void LoopExecutor::Stop() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    wake_.Signal();
  }
  if (thread_.joinable()) thread_.join();
  // Destroys the closures outside the lock, because a closure may own objects whose destructors post.
  std::vector<Closure> queue;
  TimerQueue timers;
  MutexLock lock(&mu_);
  queue.swap(queue_);
  std::swap(timers, timers_);
}

void LoopExecutor::Run(std::string thread_name) {
  pthread_setname_np(pthread_self(), thread_name.substr(0, 15).c_str());
  std::vector<Closure> batch;
  while (true) {
    {
      MutexLock lock(&mu_);
      while (!stopping_ && queue_.empty()) {
        const absl::Duration wait = timers_.NextDue() - clock_->Steady();
        if (wait <= absl::ZeroDuration()) break;
        if (wait == absl::InfiniteDuration()) {
          wake_.Wait(&mu_);
        } else {
          wake_.WaitFor(&mu_, absl::ToChronoNanoseconds(wait));
        }
      }
      if (stopping_) return;
      batch.swap(queue_);
    }
    for (Closure& task : batch) {
      if (stopping_.load(std::memory_order_relaxed)) return;
      task();
      task = nullptr;
    }
    batch.clear();
    // Takes the timer only now, because the closures before may have cancelled it and destroyed the objects it uses.
    Closure timer;
    {
      MutexLock lock(&mu_);
      if (stopping_) return;
      timer = timers_.TakeDue(clock_->Steady());
    }
    if (timer) timer();
  }
}

}  // namespace orch
