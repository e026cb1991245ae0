// Runs one piece of blocking work at a time on a thread that lives only as long as the work.
// Used from one thread (the loop); the destructor waits for the work.
#pragma once

#include <pthread.h>

#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace orch::nodeagent {

class BackgroundThread {
 public:
  ~BackgroundThread() { Join(); }
  // Waits for work that still runs.
  void Run(absl::AnyInvocable<void()> work) {
    Join();
    thread_ = std::thread([work = std::move(work)]() mutable {
      pthread_setname_np(pthread_self(), "inventory");
      work();
    });
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace orch::nodeagent
