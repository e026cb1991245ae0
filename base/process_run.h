// A started process until it is reaped: its output, its deadline, its end. Used by process.cc; lives on
// the calling thread's stack.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/process_spawn.h"

namespace orch {

class RunningProcess {
 public:
  // `out` and `err` are the read ends, not blocking. `pid` leads its process group.
  RunningProcess(pid_t pid, const ProcessSpec& spec, const Clock& clock, ProcessFd out, ProcessFd err);

  // Waits for the end, or brings it about: deadline, cancellation, output limit. Once.
  ProcessResult Run();

 private:
  bool Exited() const;
  void End(ProcessResult::End why);
  bool Escalate();
  void Wait();
  bool Read(ProcessFd* fd, ProcessStream stream, std::string* kept, bool* truncated);
  void Reap();

  const pid_t pid_;
  const ProcessSpec& spec_;
  const Clock& clock_;
  const absl::Duration start_;
  const ProcessFd pidfd_;
  ProcessFd out_;
  ProcessFd err_;
  ProcessResult result_;
  absl::Duration deadline_;
  bool ending_ = false;  // asked to end, for result_.end
  bool killed_ = false;
};

}  // namespace orch
