// A child process that stays and is talked to: one line in, one line out. Owned by one user, on one
// thread at a time. Never restarts itself: after an error it is dead, and its owner makes a new one.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/process_spawn.h"

namespace orch {

class WorkerProcess {
 public:
  static constexpr size_t kMaxErrorTail = 16u << 10;  // bytes kept of what it last wrote to standard error

  // Of `process` argv, env, bare_env and cwd count. `max_line`: bytes of one answer, at most.
  struct Options {
    ProcessSpec process;
    size_t max_line = 4u << 20;
  };
  // Errors as RunProcess.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(const Options& options, const Clock* clock);
  // Kills the process group and reaps.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Writes `line` and a newline, returns the next line without its end. `line` must hold no newline.
  // DeadlineExceeded, Cancelled, ResourceExhausted (the answer is longer than max_line),
  // FailedPrecondition (it printed something nobody had asked for), Unavailable (it ended; says how).
  // Any error ends the process group and all that descends from the worker, also in sessions of their own.
  absl::StatusOr<std::string> Exchange(absl::string_view line, absl::Duration timeout,
                                       const CancelToken* cancel = nullptr);

  // False once it has ended or was ended. Asks the kernel; blocks for nothing.
  bool Alive();
  pid_t pid() const { return pid_; }
  // The last of its standard error.
  std::string ErrorTail();
  // Closes its standard input and gives it this long to end by itself, then kills it.
  void Stop(absl::Duration grace);

 private:
  WorkerProcess(SpawnedProcess child, ProcessFd in, size_t max_line, const Clock* clock);

  absl::Status Write(absl::string_view text, absl::Duration deadline, const CancelToken* cancel);
  absl::StatusOr<std::string> ReadLine(absl::Duration deadline, const CancelToken* cancel);
  // Waits until something can be read, or written when `writing`; reads standard error on the way.
  absl::Status Await(bool writing, absl::Duration deadline, const CancelToken* cancel);
  // False at the end of its standard output.
  bool ReadOut();
  void ReadErr();
  absl::Status Ended();
  absl::Status Fail(absl::Status why);
  void Kill();

  const Clock* const clock_;
  const size_t max_line_;
  const pid_t pid_;
  ProcessFd in_;
  ProcessFd out_;
  ProcessFd err_;
  std::string buffer_;  // read, not yet given out
  std::string error_tail_;
  bool reaped_ = false;
  int wait_status_ = 0;  // as waitpid's, once reaped_
};

}  // namespace orch
