// Drives a started process to its end: collects its output and enforces its deadline. RunProcess keeps it on the stack
// of the calling thread.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process/guarded_process.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"

namespace orch {

class RunningProcess {
 public:
  RunningProcess(std::unique_ptr<GuardedProcess> process, const ProcessSpec& spec, const Clock& clock);

  // Waits for the end, or ends the process on its deadline, cancellation or output limit. Called once.
  ProcessResult Run();

 private:
  void End(ProcessResult::End why);
  bool Escalate();
  void Wait();
  bool Read(UniqueFd* fd, ProcessStream stream, std::string* kept, bool* truncated);
  void SayHowItEnded();

  const std::unique_ptr<GuardedProcess> process_;
  const ProcessSpec& spec_;
  const Clock& clock_;
  const absl::Duration start_;
  ProcessResult result_;
  absl::Duration deadline_;
  bool ending_ = false;  // it was told to end, for the reason in result_.end
  bool killed_ = false;
};

}  // namespace orch
