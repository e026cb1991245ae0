// The file of the durable job store: its making, its schema by version, and the checks before
// anything of it is used. What cannot be used is refused and left as it is, never begun anew.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "services/hub/job_store/sqlite.h"

namespace orch::hub {

inline constexpr int64_t kJobStoreVersion = 3;        // of the schema; PRAGMA user_version
inline constexpr int64_t kJobStoreMark = 0x6f726a73;  // PRAGMA application_id: this is a job store

// The right to use one store, held by one hub at a time: a lock on PATH.lock.
class JobStoreLock {
 public:
  // FailedPrecondition when another hub has it.
  static absl::StatusOr<std::unique_ptr<JobStoreLock>> Take(const std::string& path);
  ~JobStoreLock();
  JobStoreLock(const JobStoreLock&) = delete;
  JobStoreLock& operator=(const JobStoreLock&) = delete;

 private:
  explicit JobStoreLock(int fd) : fd_(fd) {}
  const int fd_;
};

// A connection for writing, made durable (WAL, synchronous=FULL), with the schema of this version;
// made with mode 0600 when there is no such file. The lock must be held. FailedPrecondition says
// what is wrong with the file (damaged, foreign, of a newer version, empty) and what to do.
absl::StatusOr<std::unique_ptr<Sqlite>> OpenJobStoreFile(const std::string& path, Random* random);

}  // namespace orch::hub
