// A request to stop, set by one thread and seen by another: whoever runs a process with this token ends that process
// and its descendants (SIGTERM, then SIGKILL). Thread-safe. The owner keeps the token alive until every call that was
// given it has returned.
#pragma once

#include <atomic>

namespace orch {

class CancelToken {
 public:
  CancelToken();
  ~CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  // Never blocks; further calls do nothing.
  void Cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  // An eventfd for poll(2) that becomes readable on Cancel. The token owns it.
  int fd() const { return fd_; }

 private:
  int fd_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace orch
