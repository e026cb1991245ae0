// A process that outlives the action that started it, and this program: in a session of its own, with
// a keeper beside it that writes its output to a file with a bound and reaps it. The keeper is a fork
// of this program that never returns to its code; both are adopted by the system's first process.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process/process.h"
#include "base/process/spawn_arguments.h"

namespace orch {

// Where it stands, for who started it. Nothing ends with this object. One thread.
class DetachedProcess {
 public:
  // Of `process` argv, env, bare_env and cwd count. Its standard input is empty.
  struct Options {
    ProcessSpec process;
    std::string log_file;       // both outputs, from its start; begun anew with mode 0600
    size_t max_log = 1u << 20;  // bytes; what comes after is read and dropped
  };
  // Returns once the program runs. Errors as RunProcess, and those of opening the file.
  static absl::StatusOr<std::unique_ptr<DetachedProcess>> Start(const Options& options);

  pid_t pid() const { return pid_; }

  struct End {
    int exit_code = -1;  // when signal is 0
    int signal = 0;
  };
  // DeadlineExceeded and Cancelled leave it running. Unavailable when the keeper was killed, so that
  // nobody knows. Once it has ended, every call says the same.
  absl::StatusOr<End> Wait(absl::Duration timeout, const Clock& clock, const CancelToken* cancel = nullptr);

 private:
  DetachedProcess(pid_t pid, ProcessFd report) : pid_(pid), report_(std::move(report)) {}

  const pid_t pid_;
  const ProcessFd report_;  // the keeper writes how it ended
  absl::StatusOr<End> end_ = absl::UnknownError("it runs");
  bool ended_ = false;
};

}  // namespace orch
