// Shell commands that run in the background, after the request that started them. The agent owns this object, so that a
// reload of plugins keeps the jobs; they end with the agent. Thread-safe; one thread for each running job.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/process/process_spec.h"
#include "base/random.h"

namespace orch::actions {

inline constexpr size_t kMaxShellJobs = 32;         // running ones, and ended ones that are still remembered
inline constexpr size_t kMaxShellSpool = 1u << 20;  // bytes kept from the start of each output of a job
inline constexpr absl::Duration kMaxShellJobTime = absl::Hours(24);

class ShellJobs {
 public:
  struct Status {
    std::string handle;
    std::string command;
    std::string state;  // running; stopped: ended by itself; failed: could not run or was ended
    int exit_code = -1;
    std::string problem;     // if it failed
    std::string out, err;    // from the requested offsets on
    bool truncated = false;  // it printed more than was kept
  };

  ShellJobs(const Clock* clock, Random* random) : clock_(clock), random_(random) {}
  // Ends every job.
  ~ShellJobs();

  // Starts a job and returns its handle. If there are too many jobs, the one that ended first is forgotten;
  // ResourceExhausted if all of them run. Only argv, env, bare_env and cwd of `spec` are used.
  absl::StatusOr<std::string> Start(std::string command, ProcessSpec spec);
  // NotFound if the handle is unknown or forgotten.
  absl::StatusOr<Status> Get(const std::string& handle, size_t out_offset, size_t err_offset) const;
  std::vector<Status> List() const;  // without output
  // Ends the job and all its descendants: SIGTERM, then SIGKILL. Does nothing to a job that has ended.
  absl::Status Kill(const std::string& handle);

 private:
  struct Job;

  void Run(Job* job, ProcessSpec spec);
  // Moves the thread of the forgotten job to `ended`, which the caller joins without the lock.
  absl::Status MakeRoomLocked(std::thread* ended) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static Status Describe(const Job& job);

  const Clock* const clock_;
  Random* const random_;
  mutable Mutex mu_;
  std::map<std::string, std::shared_ptr<Job>> jobs_ ABSL_GUARDED_BY(mu_);
  uint64_t ends_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace orch::actions
