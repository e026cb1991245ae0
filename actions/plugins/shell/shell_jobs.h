// Shell commands that run beside the requests which started them. Owned by the agent, so that a reload
// of the plugins keeps them; they end with it. Thread-safe; one thread a running job.
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
#include "base/process/process.h"
#include "base/random.h"

namespace orch::actions {

inline constexpr size_t kMaxShellJobs = 32;         // running, or ended and still remembered
inline constexpr size_t kMaxShellSpool = 1u << 20;  // bytes kept of each output of a job: its start
inline constexpr absl::Duration kMaxShellJobTime = absl::Hours(24);

class ShellJobs {
 public:
  struct Status {
    std::string handle;
    std::string command;
    std::string state;  // running; stopped: it ended by itself; failed: it could not run or was ended
    int exit_code = -1;
    std::string problem;     // of a failed one
    std::string out, err;    // from the offsets on
    bool truncated = false;  // it printed more than is kept
  };

  ShellJobs(const Clock* clock, Random* random) : clock_(clock), random_(random) {}
  // Ends every job.
  ~ShellJobs();

  // Returns the handle. The job that ended first is forgotten when there is no room; ResourceExhausted
  // when all are running. Of `spec` argv, env, bare_env and cwd count.
  absl::StatusOr<std::string> Start(std::string command, ProcessSpec spec);
  // NotFound for a handle that is not, or no more, known.
  absl::StatusOr<Status> Get(const std::string& handle, size_t out_offset, size_t err_offset) const;
  std::vector<Status> List() const;  // without output
  // Ends it and all that descends from it: SIGTERM, then SIGKILL. One that has ended is left alone.
  absl::Status Kill(const std::string& handle);

 private:
  struct Job;

  void Run(Job* job, ProcessSpec spec);
  // Moves the thread of the job it forgets to `ended`, to be joined without the lock.
  absl::Status MakeRoomLocked(std::thread* ended) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static Status Describe(const Job& job);

  const Clock* const clock_;
  Random* const random_;
  mutable Mutex mu_;
  std::map<std::string, std::shared_ptr<Job>> jobs_ ABSL_GUARDED_BY(mu_);
  uint64_t ends_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace orch::actions
