// A status that one thread waits for and another thread sets once. Shared by both; thread-safe.
#pragma once

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace orch::nodeagent {

class AwaitedStatus {
 public:
  void Set(absl::Status status) {
    MutexLock lock(&mu_);
    status_ = std::move(status);
    set_.Signal();
  }
  // Returns `otherwise` if the status is not set within `timeout`.
  absl::Status Await(absl::Duration timeout, absl::Status otherwise) {
    MutexLock lock(&mu_);
    if (!status_) set_.WaitFor(&mu_, absl::ToChronoNanoseconds(timeout));
    return status_.value_or(std::move(otherwise));
  }

 private:
  Mutex mu_;
  CondVar set_;
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::nodeagent
