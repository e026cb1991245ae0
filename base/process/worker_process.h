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
#include "base/process/guarded_process.h"
#include "base/process/process.h"
#include "base/process/spawn_arguments.h"

namespace orch {

class WorkerProcess {
 public:
  static constexpr size_t kMaxErrorTail = 16u << 10;  // bytes kept of what it last wrote to standard error

  // Of `process` argv, env, bare_env, cwd and `leaves` count: what the worker has detached by the time it
  // answers has ended before the answer is returned, or is never ended where it `leaves`. `max_line`: bytes of
  // one answer, at most.
  struct Options {
    ProcessSpec process;
    size_t max_line = 4u << 20;
  };
  // Errors as RunProcess.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(const Options& options, const Clock* clock);
  // Ends it as an error does.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Writes `line` and a newline, returns the next line without its end. `line` must hold no newline.
  // DeadlineExceeded, Cancelled, ResourceExhausted (the answer is longer than max_line),
  // FailedPrecondition (it printed something nobody had asked for), Unavailable (it ended; says how).
  // Any error ends the worker and all that descends from it, in whatever sessions and groups, before this
  // returns; so does the end of this program.
  absl::StatusOr<std::string> Exchange(absl::string_view line, absl::Duration timeout,
                                       const CancelToken* cancel = nullptr);

  // False once it has ended or was ended. Asks the kernel; blocks for nothing.
  bool Alive();
  pid_t pid() const { return process_->pid(); }
  // The last of its standard error.
  std::string ErrorTail();
  // Closes its standard input and gives it this long to end by itself, then kills it.
  void Stop(absl::Duration grace);

 private:
  WorkerProcess(std::unique_ptr<GuardedProcess> process, ProcessFd in, const Options& options, const Clock* clock);

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
  const bool leaves_;
  const std::unique_ptr<GuardedProcess> process_;
  const ProcessFd pidfd_;  // the guard tells of its end only after all else has ended
  ProcessFd in_;
  std::string buffer_;  // read, not yet given out
  std::string error_tail_;
};

}  // namespace orch
