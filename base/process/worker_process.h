// A child process that stays and answers requests: one line in, one line out. Its owner uses it on one thread at a
// time. It never restarts itself: after an error it is dead, and its owner makes a new one.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process/cancel_token.h"
#include "base/process/guarded_process.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"

namespace orch {

class WorkerProcess {
 public:
  static constexpr size_t kMaxErrorTail = 16u << 10;  // bytes kept of its latest standard error

  // Only argv, env, bare_env, cwd and `leaves` of `process` are used. Processes that the worker has detached when it
  // answers are ended before the answer is returned; with `leaves` they are never ended. `max_line` bounds the bytes of
  // one answer.
  struct Options {
    ProcessSpec process;
    size_t max_line = 4u << 20;
  };
  // Returns the errors of RunProcess.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(const Options& options, const Clock* clock);
  // Ends the worker as an error does.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Writes `line`, which must hold no newline, and a newline; returns the next line without its end. DeadlineExceeded,
  // Cancelled, ResourceExhausted (the answer is longer than max_line), FailedPrecondition (the worker printed something
  // without a request), Unavailable (the worker ended; the message tells how). Any error ends the worker and all its
  // descendants, whatever their sessions and groups, before this returns; so does the end of this program.
  absl::StatusOr<std::string> Exchange(absl::string_view line, absl::Duration timeout,
                                       const CancelToken* cancel = nullptr);

  // Whether the worker still runs. Asks the kernel and never blocks.
  bool Alive();
  pid_t pid() const { return process_->pid(); }
  // The latest part of its standard error.
  std::string ErrorTail();
  // Closes its standard input, waits up to `grace` for it to end by itself, then kills it.
  void Stop(absl::Duration grace);

 private:
  WorkerProcess(std::unique_ptr<GuardedProcess> process, UniqueFd in, const Options& options, const Clock* clock);

  absl::Status Write(absl::string_view text, absl::Duration deadline, const CancelToken* cancel);
  absl::StatusOr<std::string> ReadLine(absl::Duration deadline, const CancelToken* cancel);
  // Waits until the worker can be read from, or written to if `writing`; reads standard error meanwhile.
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
  const UniqueFd pidfd_;  // the guard reports the end only after all descendants have ended
  UniqueFd in_;
  std::string buffer_;  // read, not yet returned
  std::string error_tail_;
};

}  // namespace orch
