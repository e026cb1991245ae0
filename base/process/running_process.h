// A started process until its end: its output, its deadline, its end. Used by process.cc; lives on the
// calling thread's stack.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process/guarded_process.h"
#include "base/process/process.h"

namespace orch {

class RunningProcess {
 public:
  RunningProcess(std::unique_ptr<GuardedProcess> process, const ProcessSpec& spec, const Clock& clock);

  // Waits for the end, or brings it about: deadline, cancellation, output limit. Once.
  ProcessResult Run();

 private:
  void End(ProcessResult::End why);
  bool Escalate();
  void Wait();
  bool Read(ProcessFd* fd, ProcessStream stream, std::string* kept, bool* truncated);
  void SayHowItEnded();

  const std::unique_ptr<GuardedProcess> process_;
  const ProcessSpec& spec_;
  const Clock& clock_;
  const absl::Duration start_;
  ProcessResult result_;
  absl::Duration deadline_;
  bool ending_ = false;  // asked to end, for result_.end
  bool killed_ = false;
};

}  // namespace orch
