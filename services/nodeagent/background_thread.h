// Runs one piece of blocking work at a time on a thread that lives only as long as the work. Owned by Agent; used on
// the loop only. The destructor waits for the work.
#pragma once

#include <pthread.h>

#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace orch::nodeagent {

class BackgroundThread {
 public:
  ~BackgroundThread() { Join(); }
  // Waits for earlier work that still runs, then starts `work`.
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
