// The right to use one job store: a lock on the file PATH.lock, held by one hub at a time. Owned by the store; ends
// with the process at the latest.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace orch::hub {

class JobStoreLock {
 public:
  // FailedPrecondition when another hub holds the lock. Makes the folder of `path` if there is none.
  static absl::StatusOr<std::unique_ptr<JobStoreLock>> Take(const std::string& path);
  ~JobStoreLock();
  JobStoreLock(const JobStoreLock&) = delete;
  JobStoreLock& operator=(const JobStoreLock&) = delete;

 private:
  explicit JobStoreLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace orch::hub
