// Locks that jobs hold by name (JobSpec.lock), so that two operators do not run the same thing at
// once. Held from acceptance to the end of the job; a job takes at most one. On the hub's loop.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::hub {

class NamedLocks {
 public:
  // FailedPrecondition names who holds it, and since when. An empty name is no lock.
  absl::Status Acquire(const std::string& name, const std::string& job_id, const std::string& caller, int64_t now_us);
  // What that job holds, if anything.
  void Release(const std::string& name, const std::string& job_id);
  void List(v1::ListLocksResponse* response) const;

 private:
  std::map<std::string, v1::ListLocksResponse::Lock> held_;  // by name
};

}  // namespace orch::hub
