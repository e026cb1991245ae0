// The named locks of running jobs (JobSpec.lock), with which two operators avoid running the same thing at once. A job
// holds at most one lock, from its acceptance to its end. On the hub's loop; owned by the dispatcher.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::hub {

class NamedLocks {
 public:
  // FailedPrecondition when another job holds the lock; the message names its caller and the time. An empty name is no
  // lock.
  absl::Status Acquire(const std::string& name, const std::string& job_id, const std::string& caller, int64_t now_us);
  // Releases the lock if that job holds it.
  void Release(const std::string& name, const std::string& job_id);
  void List(v1::ListLocksResponse* response) const;

 private:
  std::map<std::string, v1::ListLocksResponse::Lock> held_;  // by name of the lock
};

}  // namespace orch::hub
