// A process that outlives the action that started it and this program. It has a session of its own and a keeper, which
// writes its output to a bounded file and reaps it. The keeper is a fork of this program that never returns to the
// program's code; init adopts both. Destroying this object ends nothing. One thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"

namespace orch {

class DetachedProcess {
 public:
  // Only argv, env, bare_env and cwd of `process` are used. Its standard input is empty.
  struct Options {
    ProcessSpec process;
    std::string log_file;       // gets both outputs; replaces an older file; mode 0600
    size_t max_log = 1u << 20;  // bytes written to it; further output is dropped
  };
  // Returns once the program runs. Errors are those of RunProcess and of opening the file.
  static absl::StatusOr<std::unique_ptr<DetachedProcess>> Start(const Options& options);

  pid_t pid() const { return pid_; }

  struct End {
    int exit_code = -1;  // if signal is 0
    int signal = 0;
  };
  // Waits for its end. DeadlineExceeded and Cancelled leave it running. Unavailable if the keeper was killed, so that
  // the end cannot be known. After the end every call returns the same.
  absl::StatusOr<End> Wait(absl::Duration timeout, const Clock& clock, const CancelToken* cancel = nullptr);

 private:
  DetachedProcess(pid_t pid, UniqueFd report) : pid_(pid), report_(std::move(report)) {}

  const pid_t pid_;
  const UniqueFd report_;  // the keeper writes its status there
  absl::StatusOr<End> end_ = absl::UnknownError("it runs");
  bool ended_ = false;
};

}  // namespace orch
